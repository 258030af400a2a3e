/// The form of a sealed value in text columns: `fs1:` and unpadded base64url (RFC 4648, section 5), canonical only.
public enum TextForm {
    public static let prefix: StaticString = "fs1:"

    /// Characters of the text form of `byteCount` bytes.
    public static func encodedCount(byteCount: Int) -> Int { 4 + (byteCount * 4 + 2) / 3 }

    /// Bytes of the binary form of a text of this many characters; nil when there is no such text.
    public static func decodedCount(textCount: Int) -> Int? {
        guard textCount >= 4 else { return nil }
        let digits = textCount - 4
        return digits % 4 == 1 ? nil : digits / 4 * 3 + max(0, digits % 4 - 1)
    }

    /// - Parameter output: exactly ``encodedCount(byteCount:)`` bytes, which become ASCII.
    public static func encode(_ sealed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {}

    /// - Parameter output: exactly ``decodedCount(textCount:)`` bytes.
    /// - Throws: ``CryptoError`` `.malformed` for any text but the one that encoding would give.
    public static func decode(_ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer)
        throws(CryptoError)
    {}
}
