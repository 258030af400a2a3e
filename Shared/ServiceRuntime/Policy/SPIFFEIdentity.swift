/// The rules of the SPIFFE ID standard that an identity of ours must keep, section 2
/// (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md). Identities are compared byte by byte.
enum SPIFFEIdentity {
    static let scheme = "spiffe://"
    static let maximumBytes = 2048

    /// Why the text is no identity; nil where it is one.
    static func problem(with text: String) -> String? {
        guard text.hasPrefix(scheme) else { return "an identity begins with \(scheme)" }
        guard text.utf8.count <= maximumBytes else { return "an identity has at most \(maximumBytes) bytes" }
        let parts = text.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        guard let domain = parts.first, !domain.isEmpty, domain.utf8.allSatisfy(isDomainByte) else {
            return "the trust domain has letters a to z, digits, '.', '-' and '_' only"
        }
        guard parts.count > 1 else { return "an identity names a path in its trust domain" }
        for segment in parts.dropFirst() {
            guard !segment.isEmpty, segment != ".", segment != "..", segment.utf8.allSatisfy(isPathByte) else {
                return "the path has segments of letters, digits, '.', '-' and '_' only; there are no wildcards"
            }
        }
        return nil
    }

    private static func isDomainByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        isDomainByte(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
