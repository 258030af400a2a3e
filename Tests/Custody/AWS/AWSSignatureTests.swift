import FieldsealHTTP
import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

/// Published examples of Signature Version 4.
@Suite struct AWSSignatureTests {
    static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    static func credentials(
        _ id: String = "AKIDEXAMPLE", _ secret: String = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        token: String? = nil
    ) throws -> AWSCredentials {
        try AWSCredentials(
            accessKeyID: id, secretAccessKey: SharedSecret(try SecretBytes(copying: Array(secret.utf8))),
            sessionToken: token, source: "test")
    }

    private func authorization(_ request: HTTPRequest) -> String? {
        request.headers.first { $0.name == "Authorization" }?.value
    }

    /// "Create a signed AWS API request", IAM's ListUsers.
    @Test func listUsersOfTheGuide() throws {
        var request = HTTPRequest(
            .get, "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
            headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")])
        try AWSSignature(region: "us-east-1", service: "iam", at: 1_440_938_160).sign(
            &request, with: try Self.credentials())
        #expect(
            authorization(request)
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                + "SignedHeaders=content-type;host;x-amz-date, "
                + "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
    }

    /// Signature Version 4 test suite: get-vanilla and post-vanilla.
    @Test(arguments: [
        (HTTPRequest.Method.get, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        (.post, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ])
    func vanillaOfTheSuite(method: HTTPRequest.Method, signature: String) throws {
        var request = HTTPRequest(method, "https://example.amazonaws.com/")
        try AWSSignature(region: "us-east-1", service: "service", at: 1_440_938_160).sign(
            &request, with: try Self.credentials())
        #expect(authorization(request)?.hasSuffix("Signature=\(signature)") == true)
    }

    /// "Authenticating Requests", Amazon S3 API Reference: GET Object with a range.
    @Test func getObjectOfTheReference() throws {
        let headers = [
            (name: "Host", value: "examplebucket.s3.amazonaws.com"), (name: "Range", value: "bytes=0-9"),
            (name: "x-amz-content-sha256", value: Self.empty), (name: "x-amz-date", value: "20130524T000000Z"),
        ]
        let canonical = AWSSignature.canonicalRequest(
            method: "GET", target: .init("https://examplebucket.s3.amazonaws.com/test.txt"), headers: headers,
            payload: Self.empty)
        let credentials = try Self.credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        let signature = AWSSignature(region: "us-east-1", service: "s3", at: 1_369_353_600)
        #expect(
            try signature.authorization(canonical, headers, with: credentials).hasSuffix(
                "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"))
    }

    @Test func canonicalRequestsSortAndTrim() {
        let headers = [(name: "X-B", value: "  two   words "), (name: "x-a", value: "1"), (name: "Host", value: "h")]
        #expect(
            AWSSignature.canonicalRequest(
                method: "POST", target: .init("https://h/p?b=2&a&a=0"), headers: headers, payload: "hash")
                == "POST\n/p\na=&a=0&b=2\nhost:h\nx-a:1\nx-b:two words\n\nhost;x-a;x-b\nhash")
    }

    @Test func hostsAndTokensAreSigned() throws {
        var request = HTTPRequest(.post, "https://localhost:8443", body: HTTPBody("{}"))
        try AWSSignature(region: "r", service: "kms", at: 0).sign(&request, with: try Self.credentials(token: "t"))
        #expect(request.headers.map(\.name) == ["Host", "X-Amz-Date", "X-Amz-Security-Token", "Authorization"])
        #expect(request.headers.first?.value == "localhost:8443")
        #expect(authorization(request)?.contains("host;x-amz-date;x-amz-security-token") == true)
        #expect(AWSSignature.Target("https://h:443/").host == "h")
    }

    @Test func credentialsAreNotPrinted() throws {
        let printed = "\(try Self.credentials(token: "tok-123"))"
        #expect(!printed.contains("tok-123") && !printed.contains("wJalr"))
        #expect(throws: MasterKeyError.self) { _ = try Self.credentials("AKID\r\nX: y") }
        #expect(throws: MasterKeyError.self) { _ = try Self.credentials(token: "") }
    }
}
