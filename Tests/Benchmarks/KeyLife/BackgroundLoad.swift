import FieldsealClient
import Synchronization

/// Encrypts and decrypts at every replica, for as long as something else is measured: at a steady rate, since callers that
/// leave no processor free would be all that is measured.
final class BackgroundLoad: Sendable {
    struct Tally: Sendable {
        var calls = 0
        var failures = 0
        var firstFailure: String?
    }

    private let clients: [FieldsealClient]
    private let field: String
    private let tally = Mutex(Tally())

    /// - Parameter configurations: one for each replica.
    init(configurations: [ClientConfiguration], field: String) throws {
        clients = try configurations.map { try FieldsealClient(configuration: $0) }
        self.field = field
    }

    var replicas: Int { clients.count }

    /// The calls up to now; the count starts over.
    func take() -> Tally {
        tally.withLock { tally in
            defer { tally = Tally() }
            return tally
        }
    }

    /// Runs `body` while each replica has `callers`, which stop when it ends.
    ///
    /// - Parameter interval: from one value of a caller to its next.
    func run<Result: Sendable>(
        callers: Int, interval: Duration, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients {
                for caller in 0..<callers {
                    group.addTask { await self.call(client, row: Int64(caller), every: interval) }
                }
            }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    func shutdown() async {
        for client in clients { await client.shutdown() }
    }

    private func call(_ client: FieldsealClient, row: Int64, every interval: Duration) async {
        let clock = ContinuousClock()
        var next = clock.now
        let record = RecordID(.integer(row))
        let text = [UInt8](repeating: 42, count: 64)
        while !Task.isCancelled {
            do {
                let sealed = try await client.encryptField(field, text, recordID: record)
                let opened = try await client.decryptField(field, sealed, recordID: record)
                note(opened == text ? nil : "a value came back altered")
            } catch {
                guard !Task.isCancelled else { return }
                note(error.description)
            }
            next = max(next + interval, clock.now)
            try? await clock.sleep(until: next)
        }
    }

    private func note(_ failure: String?) {
        tally.withLock { tally in
            tally.calls += 2
            guard let failure else { return }
            tally.failures += 1
            tally.firstFailure = tally.firstFailure ?? failure
        }
    }
}
