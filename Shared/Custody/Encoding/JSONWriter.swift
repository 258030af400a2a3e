internal import FieldsealCrypto
internal import FieldsealHTTP
internal import FieldsealSecureMemory

/// Writes an object into a request's body, which is wiped after use.
struct JSONWriter {
    private var body = HTTPBody("{")
    private var isEmpty = true

    mutating func set(_ name: String, _ value: String) {
        begin(name)
        body.append(Self.quoted(value))
    }

    mutating func set(_ name: String, _ value: Int64) {
        begin(name)
        body.append("\(value)")
    }

    mutating func set(_ name: String, base64 bytes: [UInt8]) { set(name, Base64.encode(bytes)) }

    mutating func set(
        _ name: String, base64 secret: borrowing SecretBytes, alphabet: Base64.Alphabet = .standard
    ) {
        begin(name)
        body.append("\"")
        secret.withUnsafeBytes { secret in
            body.append(count: Base64.encodedCount(secret.count, alphabet)) {
                Base64.encode(secret, into: $0, alphabet)
            }
        }
        body.append("\"")
    }

    mutating func set(_ name: String, object: [(name: String, value: String)]) {
        begin(name)
        body.append("{\(object.map { "\(Self.quoted($0.name)):\(Self.quoted($0.value))" }.joined(separator: ","))}")
    }

    consuming func finish() -> HTTPBody {
        body.append("}")
        return body
    }

    private mutating func begin(_ name: String) {
        if !isEmpty { body.append(",") }
        isEmpty = false
        body.append("\(Self.quoted(name)):")
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
