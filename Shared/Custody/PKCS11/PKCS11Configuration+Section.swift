public import FieldsealServiceRuntime

extension PKCS11Configuration {
    /// `module`, `token-label` or `slot`, `key-label` and `pin-file`.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let module = try section.path(of: "module")
        let keyLabel = try section.string("key-label")
        let pin = PINFile(path: try section.path(of: "pin-file"))
        let token: Token
        if let slot = try section.value("slot") {
            if let label = try section.value("token-label") {
                throw label.error("names the token a second time, beside its slot")
            }
            token = .slot(UInt(clamping: try slot.integer(in: 0...Int.max)))
        } else {
            token = .label(try section.string("token-label"))
        }
        self.init(module: module, token: token, keyLabel: keyLabel, pinFile: pin)
    }
}
