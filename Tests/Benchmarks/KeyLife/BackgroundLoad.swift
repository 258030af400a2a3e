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
    /// - Parameters:
    ///   - batch: values of a call.
    ///   - interval: from one call of a caller to its next. The callers begin one after the other, evenly spread over it.
    func run<Result: Sendable>(
        callers: Int, batch: Int, interval: Duration, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let start = ContinuousClock.now
            for (replica, client) in clients.enumerated() {
                for caller in 0..<callers {
                    let first = start + interval * (caller * clients.count + replica) / (callers * clients.count)
                    group.addTask { await self.call(client, batch: batch, from: first, every: interval) }
                }
            }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    func shutdown() async {
        for client in clients { await client.shutdown() }
    }

    private func call(
        _ client: FieldsealClient, batch: Int, from first: ContinuousClock.Instant, every interval: Duration
    ) async {
        let clock = ContinuousClock()
        var next = first
        let text = [UInt8](repeating: 42, count: 64)
        let items = (0..<batch).map {
            EncryptItem(field: field, plaintext: text, recordID: RecordID(.integer(Int64($0))), context: nil)
        }
        while !Task.isCancelled {
            try? await clock.sleep(until: next)
            do {
                let sealed = try await client.encrypt(items).map { try $0.get().ciphertext }
                let opened = try await client.decrypt(
                    zip(items, sealed).map {
                        DecryptItem(field: field, ciphertext: $1, recordID: $0.recordID, context: nil)
                    })
                note(try opened.allSatisfy { try $0.get() == text } ? nil : "a value came back altered")
            } catch {
                guard !Task.isCancelled else { return }
                note("\(error)")
            }
            next = max(next + interval, clock.now)
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
