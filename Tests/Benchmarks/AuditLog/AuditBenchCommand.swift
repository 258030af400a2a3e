import ArgumentParser
import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import Foundation
import Logging
import NIOPosix

/// Fills an audit log as fast as it takes events.
struct AuditBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Append events to an audit log, and print how long it takes for them.",
        discussion: """
            JSON on standard output. The events come in the name of the certificate's identity, as blocks of an epoch of their own: for \
            a cluster made for it, as Tests/Benchmarks/audit makes one.
            """)

    @Option(help: ArgumentHelp("Client configuration with the certificate of a producer.", valueName: "file"))
    var config: String

    @Option(help: "Events to append.")
    var events = 1_000_000

    @Option(help: "Events of a block.")
    var blockEvents = 1_000

    @Option(help: "Blocks of a call.")
    var callBlocks = 8

    func validate() throws {
        guard events > 0, (1...1_500).contains(blockEvents), (1...8).contains(callBlocks) else {
            throw ValidationError("a number is out of bounds")
        }
    }

    func run() async throws {
        let configuration = try ClientConfiguration.load(config)
        guard let service = configuration.audit else {
            throw ValidationError("the configuration names no audit service")
        }
        let client = try RPCClient(
            targets: service.addresses.map { RPCTarget(host: $0.host, port: $0.port, identity: service.identity) },
            tls: TLSSettings(
                certificateChain: configuration.certificate, privateKey: configuration.key,
                trustRoots: configuration.ca), eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "fieldseal-bench", factory: { _ in SwiftLogNoOpLogHandler() }))
        var maker = try BlockMaker(producer: try configuration.identity())
        let clock = ContinuousClock()
        var (left, blocks, waited) = (events, 0, Duration.zero)
        while left > 0 {
            var request = Proto.AppendRequest()
            while left > 0, request.blocks.count < callBlocks {
                request.blocks.append(try maker.next(events: min(left, blockEvents)))
                left -= min(left, blockEvents)
            }
            blocks += request.blocks.count
            let payload = request.encoded()
            let start = clock.now
            let answer = try await client.unary(
                service: "fieldseal.v1.Audit", method: "Append", payload: payload, timeout: .seconds(60))
            waited += clock.now - start
            guard try Proto.AppendResponse(decoding: answer).sequence == UInt64(blocks) else {
                throw BenchmarkError("the log has not taken all blocks")
            }
        }
        await client.shutdown()
        let report = Report(events: events, blocks: blocks, seconds: waited / .seconds(1))
        print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
    }

    private struct Report: Encodable {
        let events: Int
        let blocks: Int
        /// Of waiting for the log; making and signing the blocks is not counted.
        let seconds: Double
    }
}
