/// The rules of an identity: `spiffe://<trust domain>/<path>` (SPIFFE-ID), compared byte by byte.
public enum SPIFFEIdentity {
    /// The longest identity, in bytes.
    public static let maximumLength = 2048

    /// True for `spiffe://`, a trust domain of `a-z 0-9 . - _`, and one or more path segments of `a-z A-Z 0-9 . - _`,
    /// none of them empty, `.` or `..`.
    public static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        let scheme = "spiffe://".utf8
        guard bytes.count <= maximumLength, bytes.starts(with: scheme) else { return false }
        let parts = bytes.dropFirst(scheme.count).split(separator: 0x2f, omittingEmptySubsequences: false)
        guard parts.count >= 2, let domain = parts.first else { return false }
        guard !domain.isEmpty, domain.allSatisfy({ isPlain($0) && !(0x41...0x5a).contains($0) }) else { return false }
        return parts.dropFirst().allSatisfy { segment in
            !segment.isEmpty && segment.allSatisfy(isPlain) && !segment.elementsEqual(".".utf8)
                && !segment.elementsEqual("..".utf8)
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }
}
