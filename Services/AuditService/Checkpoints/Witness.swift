import FieldsealHTTP
import FieldsealServiceRuntime
import FieldsealTransparencyLog

/// A witness, called over HTTP (C2SP tlog-witness).
struct Witness: Sendable {
    enum Answer: Hashable, Sendable {
        case cosigned([SignedNote.Signature])
        /// It has cosigned another size last.
        case conflict(size: UInt64)
        /// What it cosigned last is no beginning of the checkpoint.
        case inconsistent
    }

    private static let limits = HTTPCaller.Limits(attempt: .seconds(3), overall: .seconds(3), answerCount: 64 << 10)

    let verifier: NoteVerifier
    private let url: String
    private let caller: HTTPCaller

    init(_ settings: WitnessSettings) throws(StartupError) {
        (verifier, url) = (settings.verifier, settings.url)
        do {
            // What travels is public and signed: TLS keeps nobody from reading it, and no answer is believed unsigned.
            caller = try HTTPCaller(
                HTTPClientConfiguration(
                    authoritiesFile: settings.authorities, allowsPlaintext: url.hasPrefix("http://")))
        } catch {
            throw .configuration(error.description)
        }
    }

    var name: String { verifier.key.description }

    /// - Throws: `HTTPCallError`, `NoteError`, `WitnessError`: there was no answer that can be used.
    func cosign(_ request: WitnessRequest) async throws -> Answer {
        let response = try await caller.call(
            HTTPRequest(.post, url + "/add-checkpoint", body: HTTPBody(request.encoded)), limits: Self.limits,
            retries: .none)
        switch response.status {
        case 200: return .cosigned(try request.cosignatures(in: response.body.bytes, of: [verifier]))
        case 409:
            let text = String(decoding: response.body.bytes, as: UTF8.self)
            guard text.hasSuffix("\n"), let size = UInt64(text.dropLast()) else {
                throw WitnessError(status: response.status)
            }
            return .conflict(size: size)
        case 422: return .inconsistent
        default: throw WitnessError(status: response.status)
        }
    }
}

/// An answer that the protocol does not know, or that says no.
struct WitnessError: Error, Hashable, CustomStringConvertible {
    let status: Int

    var description: String { "the witness answered \(status)" }
}
