internal import FieldsealPostgres
public import ServiceLifecycle

/// Runs an ``AlertDelivery`` until graceful shutdown: at each notification, and every 5 seconds besides. Each destination has a task of its own. List it after the pool, and after what migrates the schema.
public struct AlertDeliveryService: Service {
    static let period = Duration.seconds(5)

    let delivery: AlertDelivery

    public init(_ delivery: AlertDelivery) { self.delivery = delivery }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                var wakes: [AsyncStream<Void>.Continuation] = []
                for destination in delivery.destinations {
                    let (stream, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
                    wakes.append(wake)
                    group.addTask {
                        for await _ in stream {
                            await attempt("delivered") { try await delivery.deliver(to: destination) }
                        }
                    }
                }
                group.addTask { [wakes] in
                    for await _ in delivery.pool.notifications(on: [AlertQueue.channel]) {
                        for wake in wakes { wake.yield() }
                    }
                }
                while !Task.isCancelled {
                    await attempt("tidied") { try await delivery.tidy() }
                    for wake in wakes { wake.yield() }
                    try? await Task.sleep(for: Self.period)
                }
            }
        }
    }

    private func attempt(_ what: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            guard !Task.isCancelled else { return }
            delivery.logger.warning("alerts are not \(what) now", metadata: ["error": "\(error)"])
        }
    }
}
