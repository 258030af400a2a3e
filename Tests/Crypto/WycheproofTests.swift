import Foundation
import Testing

@testable import FieldsealCrypto
import FieldsealSecureMemory

/// The folder with Wycheproof's and C2SP's vectors, where there is one.
enum Vectors {
    static let folder: URL? = {
        if let path = ProcessInfo.processInfo.environment["FIELDSEAL_VECTORS"] { return URL(filePath: path) }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let beside = root.appending(path: "../shared/vectors").standardizedFileURL
        return FileManager.default.fileExists(atPath: beside.path) ? beside : nil
    }()

    static func read<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
        let folder = try #require(folder)
        return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: name)))
    }
}

private struct File: Decodable {
    let testGroups: [Group]

    struct Group: Decodable {
        let keySize: Int?
        let ivSize: Int?
        let tagSize: Int?
        let tests: [Case]
    }

    struct Case: Decodable {
        let tcId: Int
        let key: String?
        let iv: String?
        let aad: String?
        let msg: String?
        let ct: String?
        let tag: String?
        let ikm: String?
        let salt: String?
        let info: String?
        let size: Int?
        let okm: String?
        let result: String
    }
}

@Suite(.enabled(if: Vectors.folder != nil, "FIELDSEAL_VECTORS names no folder and ../shared/vectors is missing"))
struct WycheproofTests {
    private static func cases(_ name: String, where chosen: (File.Group) -> Bool) throws -> [File.Case] {
        try Vectors.read("wycheproof/\(name)_test.json", as: File.self).testGroups.filter(chosen).flatMap(\.tests)
    }

    @Test(arguments: [
        (CipherSuite.aes256GCM, "aes_gcm", 66), (.chaCha20Poly1305, "chacha20_poly1305", 300),
    ])
    func aead(suite: CipherSuite, name: String, least: Int) throws {
        let cases = try Self.cases(name) { $0.keySize == 256 && $0.ivSize == 96 && $0.tagSize == 128 }
        #expect(cases.count >= least)
        for test in cases {
            let cipher = try KeyedCipher(suite: suite, key: secret(hex(test.key ?? "")))
            let nonce = hex(test.iv ?? "")
            let sealed = nonce + hex(test.ct ?? "") + hex(test.tag ?? "")
            let (message, data) = (hex(test.msg ?? ""), hex(test.aad ?? ""))
            if test.result == "valid" {
                #expect(try cipher.open(sealed, data: data) == message, "case \(test.tcId)")
                #expect(try cipher.seal(message, data: data, nonce: nonce) == sealed, "case \(test.tcId)")
            } else {
                #expect(refusal { _ = try cipher.open(sealed, data: data) } == .tag, "case \(test.tcId)")
            }
        }
    }

    @Test func syntheticIV() throws {
        let cases = try Self.cases("aes_siv_cmac") { $0.keySize == 512 }
        #expect(cases.count >= 100)
        for test in cases {
            let cipher = try KeyedCipher(suite: .aes256SIV, key: secret(hex(test.key ?? "")))
            let standard = hex(test.ct ?? "")
            let sealed = Array(standard.dropFirst(16) + standard.prefix(16))
            let (message, data) = (hex(test.msg ?? ""), hex(test.aad ?? ""))
            if test.result == "valid" {
                #expect(try cipher.open(sealed, data: data) == message, "case \(test.tcId)")
                #expect(try cipher.seal(message, data: data, nonce: []) == sealed, "case \(test.tcId)")
            } else {
                #expect(refusal { _ = try cipher.open(sealed, data: data) } != nil, "case \(test.tcId)")
            }
        }
    }

    @Test func hkdf() throws {
        let cases = try Self.cases("hkdf_sha256") { _ in true }
        #expect(cases.count >= 80)
        for test in cases {
            let derive = {
                let output = try HKDF.derive(
                    secret(hex(test.ikm ?? "")), salt: hex(test.salt ?? ""), info: hex(test.info ?? ""),
                    count: test.size ?? 0)
                return output.revealed
            }
            if test.result == "valid" {
                #expect(try derive() == hex(test.okm ?? ""), "case \(test.tcId)")
            } else {
                #expect(refusal { _ = try derive() } == .size, "case \(test.tcId)")
            }
        }
    }

    @Test func hmac() throws {
        let cases = try Self.cases("hmac_sha256") { _ in true }
        #expect(cases.count >= 170)
        for test in cases {
            let mac = try HMACSHA256(key: secret(hex(test.key ?? "")))
            try mac.update(hex(test.msg ?? ""))
            let tag = hex(test.tag ?? "")
            #expect((try mac.finish().prefix(tag.count) == tag[...]) == (test.result == "valid"), "case \(test.tcId)")
        }
    }
}

/// C2SP's XAES-256-GCM examples and AWS-LC's for the committing form.
@Suite(.enabled(if: Vectors.folder != nil, "FIELDSEAL_VECTORS names no folder and ../shared/vectors is missing"))
struct XAESVectorTests {
    private struct File: Decodable {
        let xaes: [Plain]
        let committing: [Committing]

        enum CodingKeys: String, CodingKey {
            case xaes
            case committing = "xaes_kc"
        }

        struct Plain: Decodable {
            let key: String
            let nonceASCII: String
            let msgASCII: String
            let aadASCII: String
            let ct: String

            enum CodingKeys: String, CodingKey {
                case key, ct
                case nonceASCII = "nonce_ascii"
                case msgASCII = "msg_ascii"
                case aadASCII = "aad_ascii"
            }
        }

        struct Committing: Decodable {
            let key: String
            let nonce: String
            let msg: String
            let aad: String
            let ct: String
            let tag: String
            let commitment: String
        }
    }

    @Test func plain() throws {
        let tests = try Vectors.read("xaes_256_gcm.json", as: File.self).xaes
        #expect(tests.count >= 2)
        for test in tests {
            let cipher = try KeyedCipher(suite: .xaes256GCM, key: secret(hex(test.key)))
            let nonce = Array(test.nonceASCII.utf8)
            let sealed = try cipher.seal(Array(test.msgASCII.utf8), data: Array(test.aadASCII.utf8), nonce: nonce)
            #expect(sealed == nonce + hex(test.ct))
        }
    }

    @Test func committing() throws {
        let tests = try Vectors.read("xaes_256_gcm.json", as: File.self).committing
        #expect(tests.count >= 2)
        for test in tests {
            let cipher = try KeyedCipher(suite: .xaes256GCMCommitting, key: secret(hex(test.key)))
            let sealed = try cipher.seal(hex(test.msg), data: hex(test.aad), nonce: hex(test.nonce))
            #expect(sealed == hex(test.nonce + test.commitment + test.ct + test.tag))
        }
    }
}
