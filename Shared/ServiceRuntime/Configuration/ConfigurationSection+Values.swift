extension ConfigurationSection {
    public func string(_ name: String) throws(ConfigurationError) -> String { try required(name).text }

    public func integer(_ name: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        try required(name).integer(in: range)
    }

    public func integer(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws(ConfigurationError)
        -> Int
    {
        try value(name)?.integer(in: range) ?? fallback
    }

    public func boolean(_ name: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
        try value(name)?.boolean() ?? fallback
    }

    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Choice
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        try value(name)?.choice() ?? fallback
    }

    /// A file or folder; a relative path starts at the folder of the configuration file.
    public func path(of name: String) throws(ConfigurationError) -> String { resolved(try required(name)) }

    public func pathIfPresent(of name: String) throws(ConfigurationError) -> String? {
        guard has(name) else { return nil }
        return try path(of: name)
    }

    /// A service that this process calls: its addresses and the identity expected there.
    public func peer(_ name: String) throws(ConfigurationError) -> PeerConfiguration {
        try PeerConfiguration(try section(name))
    }

    private func resolved(_ value: ConfigurationValue) -> String {
        value.text.hasPrefix("/") ? value.text : "\(folder)/\(value.text)"
    }
}
