import FieldsealCrypto
import FieldsealSecureMemory
import FieldsealTransparencyLog
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A witness of one log on the loopback that follows C2SP tlog-witness, and can be told not to answer.
final class TestWitness: Sendable {
    struct State {
        var size: UInt64 = 0
        var root = MerkleTree.emptyRoot
        var isAway = false
        var time: UInt64 = 1_000
    }

    let state = Mutex(State())
    let signer: CosignatureSigner
    private let log: NoteVerifier
    private let channel: Mutex<(any Channel)?> = Mutex(nil)

    init(_ number: UInt8, of log: NoteVerifier) throws {
        self.log = log
        let key = try Ed25519PrivateKey(seed: try SecretBytes(copying: [UInt8](repeating: 50 + number, count: 32)))
        signer = try CosignatureSigner(name: "witness.test/\(number)", privateKey: key) { 1_000 }
        let bound = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(WitnessHandler(witness: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        channel.withLock { $0 = bound }
    }

    var url: String { "http://127.0.0.1:\(channel.withLock { $0?.localAddress?.port } ?? 0)/log" }

    func stop() async throws { try await channel.withLock { $0 }?.close() }

    /// Status and body of the answer.
    fileprivate func answer(_ path: String, _ body: [UInt8]) -> (HTTPResponseStatus, String) {
        guard path == "/log/add-checkpoint" else { return (.notFound, "") }
        guard let request = try? WitnessRequest(parsing: body),
            let checkpoint = try? Checkpoint(text: request.checkpoint.text), request.old <= checkpoint.size
        else { return (.badRequest, "") }
        guard let signers = try? request.checkpoint.verified(by: [log]), !signers.isEmpty else {
            return (.forbidden, "")
        }
        return state.withLock { state in
            guard !state.isAway else { return (.serviceUnavailable, "") }
            guard request.old == state.size else { return (.conflict, "\(state.size)\n") }
            if state.size == checkpoint.size {
                guard state.root == checkpoint.root else { return (.conflict, "\(state.size)\n") }
            } else if state.size > 0 {
                do {
                    try MerkleProof.checkConsistency(
                        from: state.size, state.root, to: checkpoint.size, checkpoint.root, request.proof)
                } catch { return (.unprocessableEntity, "") }
            }
            (state.size, state.root) = (checkpoint.size, checkpoint.root)
            guard var note = try? SignedNote(text: request.checkpoint.text), (try? note.sign(with: signer)) != nil
            else {
                return (.internalServerError, "")
            }
            return (.ok, String(decoding: note.encoded.dropFirst(note.text.utf8.count + 1), as: UTF8.self))
        }
    }
}

private final class WitnessHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let witness: TestWitness
    private var path = ""
    private var body: [UInt8] = []

    init(witness: TestWitness) { self.witness = witness }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (path, body) = (head.uri, [])
        case .body(let part): body += Array(part.readableBytesView)
        case .end:
            let (status, text) = witness.answer(path, body)
            let head = HTTPResponseHead(
                version: .http1_1, status: status, headers: ["Content-Length": "\(text.utf8.count)"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
