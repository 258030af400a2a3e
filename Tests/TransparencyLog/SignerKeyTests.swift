import FieldsealSecureMemory
import FieldsealTransparencyLog
import Testing

@Suite struct SignerKeyTests {
    private func text(_ key: borrowing SignerKey) -> String {
        key.text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The example of golang.org/x/mod/sumdb/note.
    @Test func aKeyOfTheGoToolsIsRead() throws {
        let text = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
        let key = try SignerKey(parsing: try SecretBytes(copying: Array(text.utf8)))
        #expect(
            key.verifier.description == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    }

    @Test func aNewKeyIsReadAgain() throws {
        let key = try SignerKey(name: "example.org/log")
        let copy = try SignerKey(parsing: try SecretBytes(copying: Array(text(key).utf8)))
        #expect(copy.verifier == key.verifier && copy.verifier.key.name == "example.org/log")
        #expect(throws: NoteError.malformed) { _ = try SignerKey(name: "a b") }
        #expect(try copy.signer().verifier == key.verifier)
        #expect(throws: NoteError.key) { _ = try copy.cosigner { 1 } }
    }

    @Test func aWitnessKeyCosignsAndSignsNothingElse() throws {
        let key = try SignerKey(name: "example.org/witness", type: .cosignature)
        let copy = try SignerKey(parsing: try SecretBytes(copying: Array(text(key).utf8)))
        #expect(copy.verifier == key.verifier && copy.verifier.type == .cosignature)
        #expect(try copy.cosigner { 1 }.verifier == key.verifier)
        #expect(throws: NoteError.key) { _ = try copy.signer() }
    }

    @Test(arguments: [
        "", "PRIVATE+KEY+", "PRIVATE+KEY+PeterNeumann+c74f20a3+", "+++++",
        "PRIVATE+KEY+PeterNeumann+c74f20a4+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
        "PRIVATE+KEY+PeterNeuman+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
        "PRIVATE+KEY+PeterNeumann+c74f20a3+BIEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
        "PUBLICS+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
    ])
    func whatIsNoKeyIsRefused(text: String) {
        #expect(throws: NoteError.key) { _ = try SignerKey(parsing: try SecretBytes(copying: Array(text.utf8))) }
    }
}
