internal import FieldsealCrypto
internal import FieldsealServiceRuntime
internal import Glibc

/// The message of one alert (RFC 5322): plain text, with nothing in its headers that could begin another one.
struct MailMessage: Sendable {
    var notice: AlertNotice
    /// Who sends, as the text says it.
    var source: String
    var sender: String
    var recipients: [String]

    /// With CR LF line ends and leading dots doubled (RFC 5321, section 4.5.2); the end of the data follows it.
    var encoded: String {
        let headers = [
            "Date: \(Self.date(notice.raisedUnixUs))", "From: <\(sender)>",
            "To: \(recipients.map { "<\($0)>" }.joined(separator: ",\r\n "))", "Subject: \(Self.encodedWords(subject))",
            // The same for each attempt, so that mail programs know a message that comes twice.
            "Message-ID: <\(notice.id)@\(domain)>", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64", "Auto-Submitted: auto-generated",
            "X-Fieldseal-Alert: \(notice.alert.kind.rawValue)",
        ]
        let lines = headers + [""] + Self.wrapped(Base64.encode(Array(text.utf8)))
        return lines.map { ($0.hasPrefix(".") ? "." + $0 : $0) + "\r\n" }.joined()
    }

    private var subject: String {
        let object = notice.alert.object.isEmpty ? "" : " \(notice.alert.object)"
        return AlertText.line(
            "[fieldseal] \(notice.alert.severity.rawValue): \(notice.alert.kind.rawValue)\(object)", limit: 200)
    }

    var text: String {
        var lines = [
            notice.line, "", "severity: \(notice.alert.severity.rawValue)", "alert: \(notice.alert.kind.rawValue)",
        ]
        if !notice.alert.object.isEmpty { lines.append("object: \(notice.alert.object)") }
        lines += [
            "time: \(Timestamp.text(unixMicroseconds: notice.raisedUnixUs))", "from: \(source)", "id: \(notice.id)",
        ]
        if notice.suppressed > 0 {
            lines.append("left out before this one, because there were too many: \(notice.suppressed)")
        }
        return lines.map { "\(AlertText.line($0, limit: 2_000))\r\n" }.joined()
    }

    private var domain: Substring { sender.split(separator: "@").last ?? "localhost" }

    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(76)))
            rest = rest.dropFirst(76)
        }
        return lines
    }

    /// RFC 2047: as it is where it is short printable ASCII, else in words of at most 75 characters.
    static func encodedWords(_ text: String) -> String {
        if text.utf8.count <= 60, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), !text.contains("=?") {
            return text
        }
        var words: [String] = []
        var word: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            // A line with an encoded word holds 76 characters at most, the header's name among them.
            if word.count + bytes.count > 39 {
                words.append("=?utf-8?B?\(Base64.encode(word))?=")
                word = []
            }
            word += bytes
        }
        words.append("=?utf-8?B?\(Base64.encode(word))?=")
        return words.joined(separator: "\r\n ")
    }

    /// Thu, 15 Jan 2027 08:00:00 +0000
    static func date(_ unixUs: Int64) -> String {
        var seconds = time_t(unixUs / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        func name(_ names: [String], _ index: Int32) -> String {
            names[Int(max(0, min(index, Int32(names.count - 1))))]
        }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = "\(name(days, parts.tm_wday)), \(two(parts.tm_mday)) \(name(months, parts.tm_mon))"
        let time = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return "\(day) \(parts.tm_year + 1900) \(time) +0000"
    }

    /// One address as it may stand in a command and a header: `local@domain` in printable ASCII, without what ends either.
    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return text.utf8.count <= 254 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || Array("@.!#$%&'*+-/=?^_`{|}~".utf8).contains(byte)
            }
    }
}
