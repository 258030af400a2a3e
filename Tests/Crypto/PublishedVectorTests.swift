import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

/// Short vectors of the algorithms' own documents, so that a clone alone checks each of them.
struct PublishedVectorTests {
    @Test("AES-256-GCM: McGrew and Viega, test case 16")
    func gcm() throws {
        let cipher = try KeyedCipher(
            suite: .aes256GCM, key: secret(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")))
        let nonce = hex("cafebabefacedbaddecaf888")
        let sealed = try cipher.seal(
            hex(
                """
                d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
                1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
                """),
            data: hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"), nonce: nonce)
        let expected = hex(
            """
            522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
            8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
            76fc6ece0f4e1768cddf8853bb2d551b
            """)
        #expect(sealed == nonce + expected)
    }

    @Test("ChaCha20-Poly1305: RFC 8439, section 2.8.2")
    func chaCha() throws {
        let key = Array(UInt8(0x80)...0x9F)
        let cipher = try KeyedCipher(suite: .chaCha20Poly1305, key: secret(key))
        let nonce = hex("070000004041424344454647")
        let text = """
            Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen \
            would be it.
            """
        let sealed = try cipher.seal(Array(text.utf8), data: hex("50515253c0c1c2c3c4c5c6c7"), nonce: nonce)
        let expected = hex(
            """
            d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b
            1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
            3ff4def08e4b7a9de576d26586cec64b6116 1ae10b594f09e26a7e902ecbd0600691
            """)
        #expect(sealed == nonce + expected)
    }

    @Test("XAES-256-GCM: C2SP, test vectors")
    func xaes() throws {
        let nonce = Array("ABCDEFGHIJKLMNOPQRSTUVWX".utf8)
        let first = try KeyedCipher(suite: .xaes256GCM, key: secret([UInt8](repeating: 1, count: 32)))
        #expect(
            try first.seal(Array("XAES-256-GCM".utf8), data: [], nonce: nonce)
                == nonce + hex("ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"))
        let second = try KeyedCipher(suite: .xaes256GCM, key: secret([UInt8](repeating: 3, count: 32)))
        #expect(
            try second.seal(Array("XAES-256-GCM".utf8), data: Array("c2sp.org/XAES-256-GCM".utf8), nonce: nonce)
                == nonce + hex("986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"))
    }

    @Test("XAES-256-GCM with key commitment: AWS-LC")
    func committingXAES() throws {
        let cipher = try KeyedCipher(suite: .xaes256GCMCommitting, key: secret([UInt8](repeating: 1, count: 32)))
        let nonce = Array("ABCDEFGHIJKLMNOPQRSTUVWX".utf8)
        let sealed = try cipher.seal(Array("XAES-256-GCM".utf8), data: [], nonce: nonce)
        #expect(
            sealed
                == nonce + hex("04076b6085eebab138855fe57811c04112eff989d44120dfff662d5475a383c3")
                + hex("ce546ef63c9cc60765923609") + hex("b33a9a1974e96e52daf2fcf7075e2271"))
    }

    @Test("AES-256-CMAC: NIST SP 800-38B, appendix D.3")
    func cmac() throws {
        let key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
        let mac = try key.withBytes { key throws(CryptoError) in try MACContext.cmacAES256(key: key) }
        let message = hex(
            """
            6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51
            30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710
            """)
        let expected = [
            0: "028962f61b7bf89efc6b551f4667d983", 16: "28a7023f452e8f82bd4bf28d8c37c35c",
            40: "aaf3d8f1de5640c232f5b169b9c911e6", 64: "e1992190549f6ed5696a2c056c315410",
        ]
        for (count, tag) in expected {
            var output = [UInt8](repeating: 0, count: 16)
            try message.withUnsafeBytes { try mac.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            try output.withUnsafeMutableBytes { try mac.finish(into: #require($0.baseAddress), count: 16) }
            #expect(output == hex(tag))
        }
    }

    @Test("HKDF-SHA256: RFC 5869, appendices A.1 and A.3")
    func hkdf() throws {
        let material = try secret([UInt8](repeating: 0x0B, count: 22))
        let salted = try HKDF.derive(
            material, salt: Array(UInt8(0)...12), info: Array(UInt8(0xF0)...0xF9), count: 42)
        #expect(
            salted.revealed
                == hex(
                    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"))
        #expect(
            try HKDF.derive(material, salt: .empty, info: [], count: 42).revealed
                == hex(
                    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"))
    }

    @Test("HMAC-SHA256: RFC 4231, test case 2")
    func hmac() throws {
        let mac = try HMACSHA256(key: secret(Array("Jefe".utf8)))
        for _ in 0..<2 {
            try mac.update(Array("what do ya want for nothing?".utf8))
            #expect(
                try mac.finish() == hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"))
        }
    }

    @Test("SHA-256: FIPS 180-4")
    func sha256() throws {
        #expect(
            try SHA256.hash(Array("abc".utf8))
                == hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
        #expect(
            try SHA256.hash([UInt8]()) == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
    }

    @Test("scrypt: RFC 7914, section 12")
    func scrypt() throws {
        let empty = try Scrypt.derive(secret([]), salt: [], cost: 16, blockSize: 1, parallelism: 1, count: 64)
        #expect(
            empty.revealed
                == hex(
                    """
                    77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442
                    fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906
                    """))
        let salted = try Scrypt.derive(
            secret(Array("password".utf8)), salt: Array("NaCl".utf8), cost: 1024, blockSize: 8, parallelism: 16,
            count: 64)
        #expect(
            salted.revealed
                == hex(
                    """
                    fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162
                    2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640
                    """))
    }

    @Test("X25519: RFC 7748, section 6.1")
    func x25519() throws {
        let key = try X25519PrivateKey(secret(hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")))
        #expect(
            try key.publicKey() == hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
        let shared = try key.sharedSecret(
            with: hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"))
        #expect(
            shared.revealed == hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"))
    }
}
