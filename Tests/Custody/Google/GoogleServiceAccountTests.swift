import FieldsealCrypto
import FieldsealSecureMemory
import Foundation
import Testing

@testable import FieldsealCustody

@Suite struct GoogleServiceAccountTests {
    /// Keys that openssl makes and judges.
    private func withKey(_ bits: Int = 2_048, _ body: (String, String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fieldseal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("key.pem").path
        try openssl(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)", "-out", file])
        try body(file, try String(contentsOfFile: file, encoding: .utf8))
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CommandFailure(arguments: arguments) }
    }

    private struct CommandFailure: Error {
        var arguments: [String]
    }

    private func account(_ pem: String, type: String = "service_account", url: String = "https://t/token") -> String {
        let key = pem.replacingOccurrences(of: "\n", with: "\\n")
        return """
            {"type": "\(type)", "private_key_id": "k1", "private_key": "\(key)", "client_email": "a@b",
             "token_uri": "\(url)"}
            """
    }

    @Test func assertionsAreSignedByRS256() throws {
        try withKey { (keyFile, pem) throws in
            try withFile(account(pem)) { (file: String) throws in
                let account = try GoogleServiceAccount(file: file)
                let assertion = try #require(account.assertion(scope: "s", at: 1_000))
                let parts = assertion.text.split(separator: ".").map(String.init)
                #expect(parts.count == 3)
                let texts = parts[..<2].map { String(decoding: Base64.decode($0, .url) ?? [], as: UTF8.self) }
                #expect(texts[0] == #"{"alg":"RS256","typ":"JWT","kid":"k1"}"#)
                #expect(texts[1] == #"{"iss":"a@b","scope":"s","aud":"https://t/token","iat":1000,"exp":4600}"#)
                let signature = Data(try #require(Base64.decode(parts[2], .url)))
                let folder = URL(fileURLWithPath: keyFile).deletingLastPathComponent()
                try signature.write(to: folder.appendingPathComponent("signature"))
                try Data("\(parts[0]).\(parts[1])".utf8).write(to: folder.appendingPathComponent("message"))
                try openssl([
                    "dgst", "-sha256", "-prverify", keyFile, "-signature", folder.path + "/signature",
                    folder.path + "/message",
                ])
                #expect("\(assertion)" == "(secret)")
            }
        }
    }

    @Test func filesThatHoldNoAccountAreNamed() throws {
        try withKey { (_, pem) throws in
            for (text, reason) in [
                ("not json", "is not a service account's key"), ("{}", "is not a service account's key"),
                (account(pem, type: "external_account"), "of a kind other than service_account"),
                (account(pem, url: "http://t/token"), "token_uri by https"),
                (account("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "no RSA private key"),
                (account(""), "no RSA private key"),
            ] {
                try withFile(text) { (file: String) throws in
                    #expect { _ = try GoogleServiceAccount(file: file) } throws: {
                        let error = $0 as? MasterKeyError
                        return error?.code == .credential && error?.description.contains(reason) == true
                            && error?.description.contains(file) == true
                    }
                }
            }
            try withFile(account(pem), mode: 0o640) { (file: String) throws in
                #expect(throws: MasterKeyError.self) { _ = try GoogleServiceAccount(file: file) }
            }
        }
        try withKey(1_024) { _, pem in
            let signer = RSASigner(pem: try SecretBytes(copying: Array(pem.utf8)))
            #expect(signer == nil, "too short")
        }
    }
}
