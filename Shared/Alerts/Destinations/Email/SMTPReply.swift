/// One reply of an SMTP server (RFC 5321, section 4.2).
struct SMTPReply: Equatable, Sendable {
    var code: Int
    /// Of each line, without code and line end.
    var lines: [String]

    var isPositive: Bool { (200..<400).contains(code) }
}

/// Puts lines together to replies; bounded, since a server is not trusted.
struct SMTPReplyReader {
    static let longestLine = 2_000
    static let mostLines = 100

    struct Malformed: Error {}

    private var pending: [UInt8] = []
    private var code: Int?
    private var lines: [String] = []

    /// Bytes after the last reply that was read.
    var hasRest: Bool { !pending.isEmpty || code != nil }

    mutating func append(_ bytes: some Sequence<UInt8>) { pending.append(contentsOf: bytes) }

    /// The next reply; nil where it has not come whole.
    mutating func next() throws(Malformed) -> SMTPReply? {
        while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
            var line = pending[..<end]
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            let reply = try take(line)
            pending.removeFirst(end + 1)
            if let reply { return reply }
        }
        guard pending.count <= Self.longestLine else { throw Malformed() }
        return nil
    }

    /// `250-text` goes on, `250 text` and `250` end.
    private mutating func take(_ line: ArraySlice<UInt8>) throws(Malformed) -> SMTPReply? {
        let digits = line.prefix(3)
        guard line.count <= Self.longestLine, lines.count < Self.mostLines, digits.count == 3,
            digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(String(decoding: digits, as: UTF8.self)),
            (200...599).contains(number), code == nil || code == number
        else { throw Malformed() }
        let mark = line.dropFirst(3).first
        guard mark == nil || mark == UInt8(ascii: " ") || mark == UInt8(ascii: "-") else { throw Malformed() }
        lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        guard mark != UInt8(ascii: "-") else {
            code = number
            return nil
        }
        defer { (code, lines) = (nil, []) }
        return SMTPReply(code: number, lines: lines)
    }
}
