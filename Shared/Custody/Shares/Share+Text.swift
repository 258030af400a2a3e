internal import FieldsealSecureMemory

extension Share {
    private static let digits = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// As people keep and type it; a secret in plain memory.
    public func text() throws -> String {
        var text = Array(Self.prefix.utf8)
        try encoded().withUnsafeBytes { bytes in
            var (bits, count): (UInt32, Int) = (0, 0)
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                count += 8
                while count >= 5 {
                    count -= 5
                    text.append(Self.digits[Int(bits >> UInt32(count) & 31)])
                }
                bits &= 0xff
            }
            if count > 0 { text.append(Self.digits[Int(bits << UInt32(5 - count) & 31)]) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// White space around and between groups of digits, dashes, and capitals do not matter.
    ///
    /// - Throws: `ShareError`.
    public init(text: String) throws {
        let typed = text.lowercased().utf8.filter { !" \t\r\n-".utf8.contains($0) }
        guard typed.starts(with: Self.prefix.utf8) else { throw ShareError.malformed }
        let digits = typed.dropFirst(Self.prefix.utf8.count)
        guard digits.count == (Self.byteCount * 8 + 4) / 5 else { throw ShareError.malformed }
        var encoded = try SecretBytes(count: Self.byteCount)
        let isDecoded = encoded.withUnsafeMutableBytes { output in
            var (bits, count, position): (UInt32, Int, Int) = (0, 0, 0)
            for digit in digits {
                guard let value = Self.digits.firstIndex(of: digit) else { return false }
                bits = bits << 5 | UInt32(value)
                count += 5
                if count >= 8 {
                    count -= 8
                    output[position] = UInt8(truncatingIfNeeded: bits >> UInt32(count))
                    position += 1
                }
                bits &= 0xff
            }
            return bits & (1 << UInt32(count) - 1) == 0
        }
        guard isDecoded else { throw ShareError.malformed }
        try self.init(decoding: encoded)
    }
}
