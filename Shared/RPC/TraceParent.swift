extension CallIdentifier {
    /// Reads the trace id of a `traceparent`, `version "-" trace-id "-" parent-id "-" flags` in lower-case hexadecimal
    /// digits (W3C Trace Context); nil where the specification has it ignored.
    init?(traceParent text: UnsafeRawBufferPointer) {
        guard text.count >= 55, text[2] == 0x2d, text[35] == 0x2d, text[52] == 0x2d else { return nil }
        let digits = [0..<2, 3..<35, 36..<52, 53..<55]
        guard digits.allSatisfy({ text[$0].allSatisfy(Self.isLowerHex) }) else { return nil }
        let isVersion0 = text[0] == 0x30 && text[1] == 0x30
        let isForbidden = text[0] == 0x66 && text[1] == 0x66
        guard !isForbidden, isVersion0 ? text.count == 55 : text.count == 55 || text[55] == 0x2d else { return nil }
        guard let parent = Self.word(text[36..<52]), parent != 0 else { return nil }
        guard let trace = CallIdentifier(hex: UnsafeRawBufferPointer(rebasing: text[3..<35])), !trace.isZero else {
            return nil
        }
        self = trace
    }

    /// The same of a text.
    public init?(traceParent text: String) {
        var text = text
        guard let identifier = text.withUTF8({ CallIdentifier(traceParent: UnsafeRawBufferPointer($0)) }) else {
            return nil
        }
        self = identifier
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}
