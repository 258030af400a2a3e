import ArgumentParser
import FieldsealCustody

/// A key on a PKCS #11 token.
struct TokenOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The token's PKCS #11 module, a shared library.", valueName: "file"))
    var module: String?

    @Option(name: .long, help: ArgumentHelp("The token's label.", valueName: "label"))
    var token: String?

    @Option(name: .long, help: ArgumentHelp("The key's label on the token.", valueName: "label"))
    var keyLabel: String?

    @Option(name: .long, help: ArgumentHelp("A file with the token's PIN.", valueName: "file"))
    var pinFile: String?

    func validate() throws {
        let given = [module, token, keyLabel, pinFile].count { $0 != nil }
        guard given == 0 || given == 4 else {
            throw ValidationError("a token wants --module, --token, --key-label and --pin-file")
        }
    }

    /// Nil where none is named.
    func configuration() throws -> PKCS11Configuration? {
        guard let module, let token, let keyLabel, let pinFile else { return nil }
        return PKCS11Configuration(
            module: module, token: .label(token), keyLabel: keyLabel, pinFile: PINFile(path: pinFile))
    }
}
