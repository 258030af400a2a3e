/// The methods of a server, found by the bytes of their names.
struct EndpointTable: Sendable {
    private struct Key {
        var start: Int
        var serviceCount: Int
        var methodCount: Int
    }

    let endpoints: [RPCEndpoint]
    private let keys: [Key]
    private let names: [UInt8]

    init(_ services: [any RPCService], unauthorized: Set<String>) {
        var endpoints: [RPCEndpoint] = []
        var keys: [Key] = []
        var names: [UInt8] = []
        for (serviceIndex, service) in services.enumerated() {
            for (methodIndex, method) in service.methods.enumerated() {
                endpoints.append(
                    RPCEndpoint(
                        service: service.name, method: method, serviceIndex: serviceIndex, methodIndex: methodIndex,
                        authorized: !unauthorized.contains(service.name)))
                keys.append(
                    Key(start: names.count, serviceCount: service.name.utf8.count, methodCount: method.name.utf8.count))
                names += Array(service.name.utf8) + Array(method.name.utf8)
            }
        }
        (self.endpoints, self.keys, self.names) = (endpoints, keys, names)
    }

    /// The index of a method; `hint` is tried first.
    func find(service: UnsafeRawBufferPointer, method: UnsafeRawBufferPointer, hint: Int) -> Int? {
        names.withUnsafeBytes { names in
            if matches(hint, service, method, names) { return hint }
            return keys.indices.first { matches($0, service, method, names) }
        }
    }

    private func matches(
        _ index: Int, _ service: UnsafeRawBufferPointer, _ method: UnsafeRawBufferPointer,
        _ names: UnsafeRawBufferPointer
    ) -> Bool {
        guard index < keys.count else { return false }
        let key = keys[index]
        guard service.count == key.serviceCount, method.count == key.methodCount else { return false }
        let middle = key.start + key.serviceCount
        return UnsafeRawBufferPointer(rebasing: names[key.start..<middle]).sameBytes(service)
            && UnsafeRawBufferPointer(rebasing: names[middle..<(middle + key.methodCount)]).sameBytes(method)
    }
}
