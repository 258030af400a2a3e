import FieldsealClient

extension ClientConfiguration {
    func service(_ name: FieldsealClient.ServiceName) -> Service? {
        switch name {
        case .encryption: encryption
        case .keys: keys
        case .audit: audit
        }
    }

    /// The same, with one replica of one service and no other.
    func alone(_ name: FieldsealClient.ServiceName, at address: Address) -> ClientConfiguration {
        var single = self
        (single.encryption, single.keys, single.audit) = (nil, nil, nil)
        let service = service(name).map { Service(addresses: [address], identity: $0.identity) }
        switch name {
        case .encryption: single.encryption = service
        case .keys: single.keys = service
        case .audit: single.audit = service
        }
        return single
    }
}
