import FieldsealServiceRuntime
import FieldsealTransparencyLog

/// How the log's tree is signed, and who has to cosign it.
struct CheckpointSettings: Sendable {
    /// Names the log for good.
    let origin: String
    let key: SigningKeySettings
    /// Signs besides, while it takes the other's place.
    let nextKey: SigningKeySettings?
    /// Between two checkpoints while the log grows.
    let beat: Duration
    /// Between two while it does not.
    let idleBeat: Duration
    let witnesses: [WitnessSettings]
    /// Witnesses that must have cosigned before a checkpoint counts as published.
    let quorum: Int

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let origin = try section.required("origin")
        guard (try? Checkpoint(origin: origin.text, size: 0, root: MerkleTree.emptyRoot)) != nil else {
            throw origin.error("a name of printable characters is wanted, e.g. example.org/fieldseal")
        }
        self.origin = origin.text
        guard let key = try SigningKeySettings(section) else { throw section.missing("signing-key") }
        self.key = key
        nextKey = try SigningKeySettings(section, prefix: "next-")
        beat = .seconds(try section.integer("seconds", default: 1, in: 1...3_600))
        idleBeat = .seconds(try section.integer("idle-seconds", default: 60, in: 1...86_400))
        var witnesses: [WitnessSettings] = []
        for entry in try section.sections("witnesses") {
            let witness = try WitnessSettings(entry)
            guard witnesses.allSatisfy({ $0.verifier.publicKey != witness.verifier.publicKey }) else {
                throw try entry.required("key").error("another witness has this key")
            }
            guard witnesses.count < WitnessSettings.maximum else {
                throw try entry.required("key").error("there are at most \(WitnessSettings.maximum) witnesses")
            }
            witnesses.append(witness)
        }
        quorum = try section.integer("quorum", default: witnesses.count, in: 0...witnesses.count)
        self.witnesses = witnesses
    }

    /// All keys that sign, the one in use first.
    /// - Throws: `StartupError` that names the file or the key's keeper and what is wrong with it.
    func signers() async throws -> [any CheckpointSigner] {
        let first = try await key.signer(origin: origin)
        guard let next = try await nextKey?.signer(origin: origin) else { return [first] }
        guard next.verifier != first.verifier else {
            throw StartupError.configuration("the log's next signing key is the one that it has")
        }
        return [first, next]
    }
}

/// One witness.
struct WitnessSettings: Sendable {
    static let maximum = 16

    let verifier: NoteVerifier
    /// The submission prefix.
    let url: String
    /// PEM; nil: the system's certificate authorities.
    let authorities: String?

    init(verifier: NoteVerifier, url: String, authorities: String? = nil) {
        (self.verifier, self.url, self.authorities) = (verifier, url, authorities)
    }

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let key = try section.required("key")
        guard let verifier = try? NoteVerifier(key.text), verifier.type == .cosignature else {
            throw key.error("a witness' verifier key is wanted, name+id+key")
        }
        let url = try section.required("url")
        guard url.text.hasPrefix("https://") || url.text.hasPrefix("http://"), url.text.utf8.count <= 2_000,
            url.text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw url.error("a URL is wanted") }
        self.init(
            verifier: verifier, url: url.text.hasSuffix("/") ? String(url.text.dropLast()) : url.text,
            authorities: try section.pathIfPresent(of: "ca"))
    }
}
