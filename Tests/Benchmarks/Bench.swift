import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import NIOCore
import NIOPosix

/// The connections of a benchmark.
struct Bench {
    private let command: BenchCommand
    private let group: MultiThreadedEventLoopGroup
    private let clients: [NIOLoopBound<LoopClient>]

    /// Connects.
    init(
        command: BenchCommand, configuration: ClientConfiguration, service: ClientConfiguration.Service
    ) async throws {
        self.command = command
        group = MultiThreadedEventLoopGroup(numberOfThreads: command.threads)
        let tls = try ClientTLS(
            TLSSettings(
                certificateChain: configuration.certificate, privateKey: configuration.key, trustRoots: configuration.ca
            ))
        var clients: [NIOLoopBound<LoopClient>] = []
        for index in 0..<command.connections {
            let address = service.addresses[index % service.addresses.count]
            let target = RPCTarget(host: address.host, port: address.port, identity: service.identity)
            clients.append(try await LoopClient.connect(to: target, tls: tls, on: group.next()).get())
        }
        self.clients = clients
    }

    func close() async throws {
        for client in clients { try await client.eventLoop.submit { client.value.close() }.get() }
        try await group.shutdownGracefully()
    }

    func measure(_ workload: Workload) async throws -> Report.Run {
        let payloads = try await workload.requests(field: command.field, seal: seal)
        var sizes: Set<Int> = []
        for payload in payloads {
            let answer = try await call(workload.path, payload)
            try workload.check(answer)
            sizes.insert(answer.count)
        }
        guard let size = sizes.first, sizes.count == 1 else {
            throw BenchmarkError("\(workload.name): answers to equal requests differ in size")
        }
        let inFlight = workload.batch == 1 ? command.inFlight : command.batchInFlight
        let plan = LoadPlan(
            path: workload.path, payloads: payloads, answerSize: size, inFlight: inFlight / clients.count,
            mostCalls: command.calls.map { max(1, $0 / clients.count) },
            warmUp: command.calls == nil ? .nanoseconds(Int64(command.warmUp * 1e9)) : .zero,
            duration: .nanoseconds(Int64(command.duration * 1e9)))
        let before = usage()
        let own = ProcessUsage.own
        let result = try await load(plan)
        return report(workload, result, before: before, after: usage(), clientCPU: ProcessUsage.own - own)
    }

    private func load(_ plan: LoadPlan) async throws -> LoadResult {
        let running = clients.map { Load.run($0, plan) }
        var result = LoadResult()
        for load in running { result.add(try await load.get()) }
        return result
    }

    private func report(
        _ workload: Workload, _ result: LoadResult, before: [String: ProcessUsage], after: [String: ProcessUsage],
        clientCPU: Double
    ) -> Report.Run {
        let seconds = max(result.seconds, 1e-9)
        func microseconds(_ fraction: Double) -> Double { Double(result.latencies.percentile(fraction)) / 1000 }
        var servers: [String: Report.Server] = [:]
        for (name, usage) in after {
            guard let start = before[name] else { continue }
            servers[name] = Report.Server(cpuSeconds: usage.cpuSeconds - start.cpuSeconds, peakMemory: usage.peakBytes)
        }
        return Report.Run(
            name: workload.name, operation: workload.operation.rawValue, size: workload.size, batch: workload.batch,
            calls: result.calls, errors: result.errors, firstError: result.firstError, seconds: result.seconds,
            callsPerSecond: Double(result.calls) / seconds,
            valuesPerSecond: Double(result.calls * workload.batch) / seconds, p50: microseconds(0.5),
            p99: microseconds(0.99),
            p999: microseconds(0.999), longest: Double(result.latencies.largest) / 1000, clientCPUSeconds: clientCPU,
            servers: servers)
    }

    private func usage() -> [String: ProcessUsage] {
        var usages: [String: ProcessUsage] = [:]
        for server in command.servers { usages[server.name] = ProcessUsage(of: server.process) }
        return usages
    }

    /// Ciphertexts, for decryption.
    private func seal(_ items: [Proto.EncryptItem]) async throws -> [[UInt8]] {
        let path = RequestPath(service: "fieldseal.v1.Encryption", method: "Encrypt")
        let answer = try await call(path, Proto.EncryptRequest(items: items).encoded())
        return try Proto.EncryptResponse(decoding: answer).results.map { result in
            switch result.outcome {
            case .ciphertext(let bytes): return bytes
            case .error(let error): throw BenchmarkError("encrypt: \(error.message)")
            case nil: throw BenchmarkError("encrypt: an item has no result")
            }
        }
    }

    /// One call on the first connection.
    private func call(_ path: RequestPath, _ payload: [UInt8]) async throws -> [UInt8] {
        let client = clients[0]
        let promise = client.eventLoop.makePromise(of: [UInt8].self)
        client.eventLoop.execute {
            let receiver = SingleReply(promise)
            payload.withUnsafeBytes { bytes in
                _ = client.value.call(
                    path, payload: bytes, deadline: .now() + .seconds(30), token: 0, receiver: receiver)
            }
            client.value.flush()
        }
        return try await promise.futureResult.get()
    }
}

private final class SingleReply: RPCReplyReceiver {
    private let promise: EventLoopPromise<[UInt8]>

    init(_ promise: EventLoopPromise<[UInt8]>) {
        self.promise = promise
    }

    func replied(token: UInt64, payload: UnsafeRawBufferPointer) {
        promise.succeed([UInt8](payload))
    }

    func failed(token: UInt64, status: RPCStatus) {
        promise.fail(status)
    }
}
