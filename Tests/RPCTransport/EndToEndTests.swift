import FieldsealRPC
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import FieldsealRPCTransport

/// Client, pool and server over real sockets and TLS.
struct EndToEndTests {
    private static func streams() -> AsyncRPCService {
        var service = AsyncRPCService("test.Streams")
        service.serverStreaming("Count") { request, writer in
            for number in 0..<(request.payload.first ?? 0) { try await writer.send([number]) }
        }
        service.serverStreaming("Fail") { _, writer in
            try await writer.send([1])
            throw RPCStatus.notFound("no more")
        }
        service.unary("Double") { request in request.payload + request.payload }
        service.unary("Broken") { _ in throw CancellationError() }
        return service
    }

    @Test func manyCallsShareAConnection() async throws {
        try await withServer { (running: RunningServer) async throws in
            let client = try running.client()
            try await withThrowingTaskGroup { group in
                for number in 0..<500 {
                    group.addTask {
                        let payload = [UInt8](repeating: UInt8(number % 251), count: number)
                        return try await client.echo(payload) == payload
                    }
                }
                for try await isSame in group { #expect(isSame) }
            }
            await client.shutdown()
            #expect(await client.failure()?.message == "the client is shut down")
        }
    }

    @Test func largestPayloadsPass() async throws {
        try await withServer { (running: RunningServer) async throws in
            let client = try running.client()
            let large = [UInt8](repeating: 3, count: 4_190_000)
            #expect(try await client.echo(large) == large)
            await #expect(throws: RPCStatus.resourceExhausted("request too large")) {
                try await client.echo([UInt8](repeating: 3, count: 4_194_304))
            }
            #expect(try await client.echo([1]) == [1])
        }
    }

    @Test func statusesAndUnknownMethodsComeBack() async throws {
        try await withServer(services: [Self.streams()]) { (running: RunningServer) async throws in
            let client = try running.client()
            #expect(await client.failure("Fail") == .failedPrecondition("not now"))
            #expect(await client.failure("Nothing") == .unknownMethod)
            let doubled = try await client.unary(
                service: "test.Streams", method: "Double", payload: [1, 2], timeout: .seconds(20))
            #expect(doubled == [1, 2, 1, 2])
            await #expect(throws: RPCStatus.cancelled) {
                try await client.unary(service: "test.Streams", method: "Broken", payload: [], timeout: .seconds(20))
            }
        }
    }

    @Test func streamsDeliverAndEnd() async throws {
        try await withServer(services: [Self.streams()]) { (running: RunningServer) async throws in
            let client = try running.client()
            var numbers: [UInt8] = []
            for try await message in client.serverStreaming(service: "test.Streams", method: "Count", payload: [200]) {
                numbers += message
            }
            #expect(numbers == Array(0..<200))
            var received = 0
            do {
                for try await _ in client.serverStreaming(service: "test.Streams", method: "Fail", payload: []) {
                    received += 1
                }
                Issue.record("the stream must fail")
            } catch {
                #expect(error as? RPCStatus == .notFound("no more"))
            }
            #expect(received == 1)
            #expect(try await client.echo([1]) == [1])
        }
    }

    @Test func readerThatLeavesCancelsTheStreamAtTheServer() async throws {
        let cancelled = AsyncStream<Void>.makeStream()
        var service = AsyncRPCService("test.Endless")
        service.serverStreaming("Endless") { _, writer in
            defer { cancelled.continuation.yield() }
            while true { try await writer.send([1]) }
        }
        try await withServer(services: [service]) { (running: RunningServer) async throws in
            let client = try running.client()
            for try await _ in client.serverStreaming(
                service: "test.Endless", method: "Endless", payload: [], bufferedMessages: 1_000_000)
            { break }
            var ends = cancelled.stream.makeAsyncIterator()
            #expect(await ends.next() != nil)
            #expect(try await client.echo([1]) == [1])
        }
    }

    @Test func slowReaderHoldsItsStreamUpAndIsClosed() async throws {
        let ended = AsyncStream<Int>.makeStream()
        var service = AsyncRPCService("test.Endless")
        service.serverStreaming("Endless") { _, writer in
            var sent = 0
            defer { ended.continuation.yield(sent) }
            while true {
                try await writer.send([UInt8](repeating: 1, count: 1 << 16))
                sent += 1
            }
        }
        final class Nobody: RPCReplyReceiver {
            func replied(token: UInt64, payload: UnsafeRawBufferPointer) {}
            func failed(token: UInt64, status: RPCStatus) {}
        }
        var limits = ServerLimits()
        limits.writeTimeout = .milliseconds(200)
        try await withServer(services: [service], limits: limits) { (running: RunningServer) async throws in
            let tls = try ClientTLS(TestAuthority.trusted.get().settings(TestAuthority.client))
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let client = try await LoopClient.connect(to: running.target(), tls: tls, on: loop).get()
            try await loop.submit {
                let connection = client.value.connection
                try connection.channel.syncOptions?.setOption(.autoRead, value: false)
                let path = RequestPath(service: "test.Endless", method: "Endless")
                let empty = UnsafeRawBufferPointer(start: nil, count: 0)
                client.value.stream(path, payload: empty, token: 1, receiver: Nobody())
                client.value.flush()
            }.get()
            var ends = ended.stream.makeAsyncIterator()
            let sent = try #require(await ends.next())
            #expect(sent << 16 < 64 << 20)
            try await loop.submit { client.value.close() }.get()
        }
    }

    @Test func deadlineAndCancellationReachTheServersTask() async throws {
        let ended = AsyncStream<Bool>.makeStream()
        let began = AsyncStream<Void>.makeStream()
        var service = AsyncRPCService("test.Slow")
        service.unary("Wait") { _ in
            began.continuation.yield()
            defer { ended.continuation.yield(Task.isCancelled) }
            try await Task.sleep(for: .seconds(3600))
            return []
        }
        try await withServer(services: [service]) { (running: RunningServer) async throws in
            let client = try running.client()
            #expect(try await client.echo([1]) == [1])
            var ends = ended.stream.makeAsyncIterator()
            await #expect(throws: RPCStatus.deadlineExceeded) {
                try await client.unary(service: "test.Slow", method: "Wait", payload: [], timeout: .seconds(2))
            }
            #expect(await ends.next() == true)
            var begins = began.stream.makeAsyncIterator()
            #expect(await begins.next() != nil)
            let call = Task {
                try await client.unary(service: "test.Slow", method: "Wait", payload: [], timeout: .seconds(2))
            }
            #expect(await begins.next() != nil)
            call.cancel()
            await #expect(throws: RPCStatus.cancelled) { try await call.value }
            #expect(await ends.next() == true)
        }
    }

    @Test func healthIsCheckedAndWatched() async throws {
        try await withServer { (running: RunningServer) async throws in
            let client = try running.client()
            let checked = try await client.unary(
                service: "grpc.health.v1.Health", method: "Check", payload: [], timeout: .seconds(20))
            #expect(checked == [8, 1])
            var watched = client.serverStreaming(service: "grpc.health.v1.Health", method: "Watch", payload: [])
                .makeAsyncIterator()
            #expect(try await watched.next() == [8, 1])
            running.server.health.set(.notServing)
            #expect(try await watched.next() == [8, 2])
            var unknown = client.serverStreaming(
                service: "grpc.health.v1.Health", method: "Watch", payload: [0x0a, 1, 0x61]
            ).makeAsyncIterator()
            #expect(try await unknown.next() == [8, 3])
        }
    }

    @Test func metadataReachesTheService() async throws {
        var service = AsyncRPCService("test.Metadata")
        service.unary("Show") { request in
            Array("\(request.requestID) \(request.traceID) \(request.peer.identity)".utf8)
        }
        try await withServer(services: [service]) { (running: RunningServer) async throws in
            let client = try running.client()
            let metadata = RPCMetadata(
                requestID: CallIdentifier(high: 0xa, low: 0xb), traceID: CallIdentifier(high: 0xc, low: 0xd))
            let shown = try await client.unary(
                service: "test.Metadata", method: "Show", payload: [], timeout: .seconds(20), metadata: metadata)
            let identifiers = "000000000000000a000000000000000b 000000000000000c000000000000000d"
            #expect(String(decoding: shown, as: UTF8.self) == "\(identifiers) \(TestAuthority.client)")
        }
    }
}

/// What happens when servers come and go.
struct ReconnectTests {
    @Test func gracefulShutdownFinishesWhatRuns() async throws {
        try await withServer { (running: RunningServer) async throws in
            let client = try running.client()
            async let later = client.echo([1], "Later")
            var replies: [DeferredReply] = []
            while replies.isEmpty {
                replies = running.echo.replies.take()
                await Task.yield()
            }
            await running.lifecycle.triggerGracefulShutdown()
            while await client.failure()?.code != .unavailable { await Task.yield() }
            for reply in replies { reply.succeed([7]) }
            #expect(try await later == [7])
        }
    }

    @Test func clientReconnectsToAServerThatCameBack() async throws {
        var limits = ClientLimits()
        limits.backoff = .milliseconds(1)...TimeAmount.milliseconds(5)
        let client = try await withServer { (running: RunningServer) async throws in
            let client = try running.client(limits: limits)
            #expect(try await client.echo([1]) == [1])
            return (client, running.port)
        }
        #expect(await client.0.failure()?.code == .unavailable)
        try await withServer(port: client.1) { (_: RunningServer) async throws in
            while await client.0.failure() != nil { await Task.yield() }
            #expect(try await client.0.echo([2]) == [2])
        }
    }

    @Test func poolGoesOnWithTheReplicaThatIsThere() async throws {
        try await withServer { (running: RunningServer) async throws in
            let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: 0).get()
            let port = silent.localAddress?.port ?? 0
            try await silent.close()
            let client = try RPCClient(
                targets: [
                    RPCTarget(host: "127.0.0.1", port: port, identity: TestAuthority.server), running.target(),
                    running.target("spiffe://test.local/service/sibling"),
                ],
                tls: TestAuthority.trusted.get().settings(TestAuthority.client),
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: .silent)
            for number in 0..<30 { #expect(try await client.echo([UInt8(number)]) == [UInt8(number)]) }
        }
    }

    @Test func oldConnectionIsReplaced() async throws {
        var limits = ClientLimits()
        limits.lifetime = .nanoseconds(1)
        try await withServer { (running: RunningServer) async throws in
            let client = try running.client(limits: limits)
            for number in 0..<5 { #expect(try await client.echo([UInt8(number)]) == [UInt8(number)]) }
        }
    }

    @Test func fullConnectionLetsCallsWait() async throws {
        var limits = ClientLimits()
        limits.streams = 2
        try await withServer { (running: RunningServer) async throws in
            let client = try running.client(limits: limits)
            try await withThrowingTaskGroup { group in
                for number in 0..<20 { group.addTask { try await client.echo([UInt8(number)]) } }
                var sum = 0
                for try await reply in group { sum += Int(reply.first ?? 0) }
                #expect(sum == 190)
            }
            async let first = client.failure("Later", timeout: .milliseconds(300))
            async let second = client.failure("Later", timeout: .milliseconds(300))
            async let third = client.failure("Later", timeout: .milliseconds(100))
            #expect(await [first, second, third] == [.deadlineExceeded, .deadlineExceeded, .deadlineExceeded])
        }
    }

    @Test func clientTakesNewCertificates() async throws {
        let authority = try TestAuthority.trusted.get()
        try await withServer { (running: RunningServer) async throws in
            let client = try running.client(authority.settings(TestAuthority.client, days: -1))
            #expect(await client.failure()?.code == .unavailable)
            try client.reload(tls: authority.settings(TestAuthority.client))
            #expect(try await client.echo([1]) == [1])
            #expect(throws: TLSSettingsError.self) {
                try client.reload(tls: TLSSettings(certificateChain: "/a", privateKey: "/b", trustRoots: "/c"))
            }
            #expect(try await client.echo([2]) == [2])
        }
    }

    @Test func newTrustRootsDrainLiveConnections() async throws {
        let authority = try TestAuthority.trusted.get()
        let tls = try authority.settings(TestAuthority.server)
        try await withServer(tls: tls) { (running: RunningServer) async throws in
            let client = try running.client()
            #expect(try await client.echo([1]) == [1])
            var foreign = tls
            foreign.trustRoots = try TestAuthority.other.get().path("ca.pem")
            try running.server.reload(tls: foreign)
            while running.observer.refusals.withLock({ $0.isEmpty }) { _ = await client.failure() }
            #expect(await running.observer.firstRefusal().cause == .untrustedCertificate)
            try running.server.reload(tls: tls)
            while await client.failure() != nil { await Task.yield() }
        }
    }
}
