internal import FieldsealRPC

/// A single value, from a file or the environment, with the place that errors about it name.
public struct ConfigurationValue: Sendable {
    public let text: String
    public let origin: String
    public let key: String

    public func error(_ problem: String) -> ConfigurationError {
        ConfigurationError(origin: origin, key: key, problem: problem)
    }

    public func integer(in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (48...57).contains($0) }), let value = Int(text) else {
            throw error("a whole number is wanted")
        }
        guard range.contains(value) else {
            throw error("must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    public func boolean() throws(ConfigurationError) -> Bool {
        switch text {
        case "true": return true
        case "false": return false
        default: throw error("true or false is wanted")
        }
    }

    /// One of the raw values of `Choice`.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _: Choice.Type = Choice.self
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            throw error("one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")) is wanted")
        }
        return choice
    }

    public func endpoint(allowingPortZero: Bool = false) throws(ConfigurationError) -> Endpoint {
        guard let endpoint = Endpoint(text), allowingPortZero || endpoint.port != 0 else {
            throw error("host:port is wanted, e.g. 127.0.0.1:7401 or [::1]:7401")
        }
        return endpoint
    }

    /// A SPIFFE identity, e.g. `spiffe://fieldseal.local/backend/demo`.
    public func identity() throws(ConfigurationError) -> String {
        guard SPIFFEIdentity.isValid(text.utf8) else { throw error(SPIFFEIdentity.rule) }
        return text
    }
}

extension SPIFFEIdentity {
    static let rule =
        "an identity is spiffe://domain/path, of letters (small in the domain), digits, '.', '-' and '_'; there are no wildcards"
}
