internal import CFieldsealPostgres
internal import Glibc

/// Starts a detached thread of the system. Its name holds at most 15 bytes.
func startThread(name: String, _ body: @escaping @Sendable () -> Void) throws(PostgresError) {
    final class Box: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }
    }
    let box = Unmanaged.passRetained(Box(name, body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let failed = pthread_create(
        &thread, &attributes,
        { argument in
            guard let argument else { return nil }
            let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
            fieldseal_name_thread(box.name)
            box.body()
            return nil
        }, box.toOpaque())
    guard failed == 0 else {
        box.release()
        throw PostgresError(.unavailable, detail: "no thread left")
    }
}
