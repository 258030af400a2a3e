import FieldsealCrypto
import FieldsealHTTP
import FieldsealSecureMemory
import FieldsealTransparencyLog
import FieldsealWitness
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// A log with a key of its own, a folder for a witness' state, and the witness behind its real server.
final class WitnessBench: Sendable {
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let log: Ed25519Signer
    /// Of the witness, in seconds since 1970.
    let time: SharedTime
    let signer: CosignatureSigner
    let folder: String
    var state: String { folder + "/state" }

    init(time begin: UInt64 = 1_700_000_000) throws {
        let time = SharedTime(begin)
        self.time = time
        let seed = { try SecretBytes.random(count: Ed25519PrivateKey.seedCount) }
        log = try Ed25519Signer(name: "example.org/log", privateKey: try Ed25519PrivateKey(seed: try seed()))
        signer = try CosignatureSigner(
            name: "example.org/witness", privateKey: try Ed25519PrivateKey(seed: try seed()), clock: { time.seconds })
        folder = FileManager.default.temporaryDirectory.appending(path: "fieldseal-witness-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func leaves(_ count: Int, fork: Int? = nil) -> [TreeHash] {
        (0..<count).map { MerkleTree.leafHash(of: [UInt8($0), $0 == fork ? 1 : 0]) }
    }

    func request(old: UInt64, size: Int, fork: Int? = nil) throws -> WitnessRequest {
        let leaves = Self.leaves(size, fork: fork)
        let checkpoint = try Checkpoint(
            origin: log.key.name, size: UInt64(size), root: MerkleTree.root(of: leaves))
        var note = try SignedNote(text: checkpoint.text)
        try note.sign(with: log)
        let path = ProofPath.consistency(from: old, to: UInt64(size)) ?? []
        return WitnessRequest(
            old: old, proof: path.map { MerkleTree.hash(of: $0, leaves: leaves) }, checkpoint: note)
    }

    func witness() throws -> LogWitness {
        try LogWitness(logKeys: [log.verifier], signer: signer, file: try WitnessStateFile(path: state))
    }

    /// Runs the server while `body` runs, and then stops it as SIGTERM would.
    func serve(
        limits: HTTPServerLimits = HTTPServerLimits(), _ body: @Sendable (String) async throws -> Void
    ) async throws {
        let server = WitnessServer(
            witness: try witness(), host: "127.0.0.1", port: 0, limits: limits, logger: Self.logger)
        let group = ServiceGroup(services: [server], logger: Self.logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            let url = "http://127.0.0.1:\(try await server.boundPort())"
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(url)) } catch { outcome = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }

    func caller() throws -> NetworkTransport {
        try NetworkTransport(HTTPClientConfiguration(allowsPlaintext: true))
    }

    func post(_ body: [UInt8], to url: String) async throws -> HTTPResponse {
        try await caller().send(
            HTTPRequest(.post, url, body: HTTPBody(body)), timeout: .seconds(20), maximumCount: 1 << 16)
    }
}

/// A clock that is put where a test wants it.
final class SharedTime: Sendable {
    private let time: Mutex<UInt64>

    init(_ time: UInt64) { self.time = Mutex(time) }

    var seconds: UInt64 { time.withLock { $0 } }

    func set(_ seconds: UInt64) { time.withLock { $0 = seconds } }
}
