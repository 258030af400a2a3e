/// Reads the name of a field as it stands on the wire.
enum FieldName {
    /// Bytes of the longest name.
    static let limit = 255

    /// The name; nil where it is not `table.field` in printable UTF-8, split at the last dot.
    static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count <= limit, let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0, dot + 1 < bytes.count,
            !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The parts before and after the last dot.
    static func parts(of name: String) -> (table: String, field: String) {
        guard let dot = name.lastIndex(of: ".") else { return ("", name) }
        return (String(name[..<dot]), String(name[name.index(after: dot)...]))
    }
}
