/// Big-endian numbers and counted parts, as backups hold them.
struct BackupEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ part: [UInt8]) { bytes.append(contentsOf: part) }

    /// A text after its u16 length.
    mutating func append(_ text: String) {
        let utf8 = Array(text.utf8.prefix(Int(UInt16.max)))
        append(UInt16(truncatingIfNeeded: utf8.count))
        append(utf8)
    }
}

/// Reads what ``BackupEncoder`` wrote; nil where too little is left.
struct BackupDecoder {
    private let bytes: ArraySlice<UInt8>
    private(set) var offset: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        offset = bytes.startIndex
    }

    var isAtEnd: Bool { offset == bytes.endIndex }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
        guard let part = part(Number.bitWidth / 8) else { return nil }
        return part.withUnsafeBytes { Number(bigEndian: $0.loadUnaligned(as: Number.self)) }
    }

    mutating func part(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.endIndex - offset else { return nil }
        defer { offset += count }
        return bytes[offset..<(offset + count)]
    }

    mutating func text() -> String? {
        guard let count = number(UInt16.self), let part = part(Int(count)) else { return nil }
        return String(validating: part, as: UTF8.self)
    }
}
