/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), which Google's API guards its bytes with. Bit by bit: keys are short.
enum CRC32C {
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var register: UInt32 = ~0
        for byte in bytes {
            register ^= UInt32(byte)
            for _ in 0..<8 { register = register >> 1 ^ (0x82F6_3B78 & (0 &- (register & 1))) }
        }
        return ~register
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { checksum($0) } }
}
