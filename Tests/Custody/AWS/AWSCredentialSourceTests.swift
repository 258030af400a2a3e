import FieldsealHTTP
import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

@Suite struct AWSCredentialSourceTests {
    private func resolve(_ environment: [String: String], profile: String? = nil) throws -> AWSCredentialSource {
        var environment = environment
        environment["HOME"] = environment["HOME"] ?? "/nonexistent"
        let files = AWSSharedFiles { environment[$0] }
        return try AWSCredentialSource.resolve(profile: profile, environment: { environment[$0] }, files: files)
    }

    private let all = [
        "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t",
        "AWS_ROLE_ARN": "r", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://c/",
    ]

    @Test func theFirstConfiguredSourceIsUsed() throws {
        try withFile("[default]\naws_access_key_id=x\naws_secret_access_key=y\n") { (file: String) throws in
            var environment = all
            environment["AWS_SHARED_CREDENTIALS_FILE"] = file
            #expect(try resolve(environment) == .environment)
            #expect(try resolve(environment, profile: "default") == .profile(file: file, section: "default"))
            environment["AWS_ACCESS_KEY_ID"] = nil
            #expect(try resolve(environment) == .environment, "half a pair is a mistake, not an absence")
            environment["AWS_SECRET_ACCESS_KEY"] = nil
            #expect(try resolve(environment) == .webIdentity(roleARN: "r", tokenFile: "/t", session: nil))
            environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = nil
            #expect(try resolve(environment) == .profile(file: file, section: "default"))
            environment["AWS_SHARED_CREDENTIALS_FILE"] = nil
            #expect(try resolve(environment) == .container(url: "http://169.254.170.2/c"))
            environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = nil
            #expect(try resolve(environment) == .container(url: "https://c/"))
            environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = nil
            #expect(try resolve(environment) == .instance)
            environment["AWS_EC2_METADATA_DISABLED"] = "TRUE"
            #expect(throws: MasterKeyError.self) { try resolve(environment) }
        }
    }

    @Test func whatIsConfiguredByHalfIsAnError() throws {
        #expect(throws: MasterKeyError.self) { try resolve(["AWS_WEB_IDENTITY_TOKEN_FILE": "/t"]) }
        #expect(throws: MasterKeyError.self) { try resolve(["AWS_PROFILE": "missing"]) }
        #expect(throws: MasterKeyError.self) { try resolve([:], profile: "missing") }
    }

    @Test(arguments: [
        "http://example.com/c", "http://localhost.example.com/c", "http://127.0.0.1:80@example.com/c", "ftp://c",
    ])
    func tokensDoNotLeaveTheMachineInPlainText(url: String) {
        #expect(throws: MasterKeyError.self) { try resolve(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]) }
    }

    @Test(arguments: ["http://localhost/c", "http://127.0.0.1:8080/c", "http://169.254.170.23/v1/credentials"])
    func localServersMaySpeakPlainText(url: String) throws {
        #expect(try resolve(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]) == .container(url: url))
    }

    @Test func profilesAreReadFromBothFiles() throws {
        let credentials = """
            # a comment
            [other]
            aws_access_key_id = none
            [ work ]
            aws_access_key_id =  AKIAWORK
              nested = x
            aws_secret_access_key=a=b/c
            ; another comment
            aws_session_token = tok\r
            """
        let configuration = """
            [default]
            region = eu-west-1
            [profile work]
            region=eu-central-1
            [profile pod]
            role_arn = arn:role
            web_identity_token_file = /var/token
            role_session_name = me
            [profile chained]
            role_arn = arn:role
            source_profile = work
            """
        try withFile(credentials) { (credentials: String) throws in
            try withFile(configuration, mode: 0o644) { (configuration: String) throws in
                let environment = ["AWS_SHARED_CREDENTIALS_FILE": credentials, "AWS_CONFIG_FILE": configuration]
                let files = AWSSharedFiles { environment[$0] }
                #expect(try files.source(of: "work") == .profile(file: credentials, section: "work"))
                let keys = try files.keys(file: credentials, section: "work")
                #expect(keys.accessKeyID == "AKIAWORK")
                #expect(keys.secretAccessKey.bytes.withUnsafeBytes { Array($0) } == Array("a=b/c".utf8))
                #expect(keys.sessionToken == Confidential("tok"))
                #expect(
                    try files.source(of: "pod")
                        == .webIdentity(roleARN: "arn:role", tokenFile: "/var/token", session: "me"))
                #expect(throws: MasterKeyError.self) { try files.source(of: "chained") }
                #expect(try files.source(of: "default") == nil)
                #expect(try files.region(of: "work") == "eu-central-1")
                #expect(try files.region(of: "default") == "eu-west-1")
                #expect(throws: MasterKeyError.self) { try files.keys(file: credentials, section: "other") }
            }
        }
    }

    @Test func aCredentialsFileThatOthersReadIsRefused() throws {
        try withFile("[default]\naws_access_key_id=x\n", mode: 0o644) { (file: String) throws in
            #expect { try resolve(["AWS_SHARED_CREDENTIALS_FILE": file]) } throws: {
                ($0 as? MasterKeyError)?.description.contains("set it to 600") == true
            }
        }
    }

    @Test func regionsComeFromTheConfigurationTheKeyOrTheEnvironment() throws {
        func make(_ key: String, _ region: String?, _ environment: [String: String]) throws {
            var environment = environment
            environment.merge(["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"]) { $1 }
            let caller = HTTPCaller(NoTransport())
            let network = ProviderNetwork(
                caller: caller, metadata: caller, environment: { [environment] in environment[$0] })
            _ = try AWSKMSProvider(AWSKMSConfiguration(key: key, region: region), network: network)
        }
        try make("arn:aws:kms:eu-central-1:1:key/x", nil, [:])
        try make("alias/x", "eu-central-1", [:])
        try make("alias/x", nil, ["AWS_REGION": "eu-central-1"])
        #expect(throws: MasterKeyError.self) { try make("alias/x", nil, [:]) }
        #expect(throws: MasterKeyError.self) { try make("alias/x", "evil.com/", [:]) }
    }
}

struct NoTransport: HTTPTransport {
    func send(_ request: HTTPRequest, timeout: Duration, maximumCount: Int) async throws(HTTPCallError) -> HTTPResponse
    {
        throw HTTPCallError(code: .unreachable, description: "no connection")
    }
}
