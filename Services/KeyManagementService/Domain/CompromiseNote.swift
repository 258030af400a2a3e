/// Why a version is marked as compromised, as an administrator put it.
struct CompromiseNote: Sendable, Equatable {
    static let maximumReason = 500

    /// 1 to 500 bytes without control characters.
    let reason: String
    /// Since when the key may have been known to others; nil: not said.
    let suspectedSinceUnixMs: Int64?

    init?(reason: String, suspectedSinceUnixMs: Int64?) {
        guard (1...Self.maximumReason).contains(reason.utf8.count),
            reason.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { return nil }
        self.reason = reason
        self.suspectedSinceUnixMs = suspectedSinceUnixMs
    }

    /// A row's metadata with the note as the member `compromise`.
    /// - Parameter metadata: a JSON object that this service wrote.
    func added(to metadata: String) -> String {
        var note = "\"compromise\":{\"reason\":\(Self.quoted(reason))"
        if let suspectedSinceUnixMs { note += ",\"suspected_since_unix_ms\":\(suspectedSinceUnixMs)" }
        note += "}"
        let members = metadata.dropLast()
        return members == "{" ? "{\(note)}" : "\(members),\(note)}"
    }

    /// A JSON string (RFC 8259, 7); the text has no control characters.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
