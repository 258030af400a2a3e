internal import FieldsealRPC

/// Identities that are refused whatever their certificate says.
public enum DenyList {
    /// Reads a file with one identity a line; blank lines and what follows `#` are left out.
    /// - Throws: naming the line that is no identity.
    public static func identities(inFile path: String) throws(ConfigurationError) -> Set<String> {
        try identities(in: try ConfigurationFile.text(of: path), file: path)
    }

    static func identities(in text: String, file: String) throws(ConfigurationError) -> Set<String> {
        var identities: Set<String> = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard let identity = words.first else { continue }
            guard words.count == 1, SPIFFEIdentity.isValid(identity.utf8) else {
                throw ConfigurationError(
                    origin: "\(file):\(index + 1)", problem: "one identity a line is wanted; \(SPIFFEIdentity.rule)")
            }
            identities.insert(String(identity))
        }
        return identities
    }
}
