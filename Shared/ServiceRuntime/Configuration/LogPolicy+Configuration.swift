internal import FieldsealTransparencyLog

extension LogPolicy {
    /// Reads `log-key`, `next-log-key`, `witnesses` and `quorum`, by default a majority of the witnesses. The log's origin is
    /// the name of its key.
    ///
    /// - Returns: nil where there is no log key.
    init?(_ section: ConfigurationSection) throws(ConfigurationError) {
        let witnesses = try section.values("witnesses").map { (value) throws(ConfigurationError) in
            try value.verifier(.cosignature)
        }
        let quorum = try section.integer(
            "quorum", default: witnesses.isEmpty ? 0 : witnesses.count / 2 + 1, in: 0...witnesses.count)
        let next = try section.value("next-log-key")
        guard let first = try section.value("log-key") else {
            guard witnesses.isEmpty, next == nil else { throw section.missing("log-key") }
            return nil
        }
        let logKeys = try [first, next].compactMap(\.self).map { (value) throws(ConfigurationError) in
            try value.verifier(.note)
        }
        do {
            try self.init(
                origin: logKeys[0].key.name, logKeys: logKeys, witnesses: witnesses, quorum: quorum)
        } catch {
            throw first.error("two of the log's and the witnesses' keys are the same")
        }
    }
}

extension ConfigurationValue {
    fileprivate func verifier(_ type: SignatureType) throws(ConfigurationError) -> NoteVerifier {
        guard let verifier = try? NoteVerifier(text), verifier.type == type else {
            throw error(
                "a verifier key is wanted, name+id+key, of \(type == .note ? "a log" : "a witness's cosignatures")")
        }
        return verifier
    }
}
