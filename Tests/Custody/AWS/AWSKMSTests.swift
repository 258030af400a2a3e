import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

/// Against moto, which judges signatures, policies and keys. One server for all, since it takes seconds to start.
@Suite(.serialized, .enabled(if: StandIn.isAvailable, "no Python environment for stand-ins")) struct AWSKMSTests {
    static let shared = Result { try StandIn("aws_kms") }

    let standIn: StandIn

    init() throws { standIn = try Self.shared.get() }

    func configuration(key: String? = nil, region: String? = nil) -> AWSKMSConfiguration {
        AWSKMSConfiguration(
            key: key ?? standIn["key"], region: region, endpoint: standIn["url"], tokenEndpoint: standIn["url"])
    }

    var environment: [String: String] { environment(standIn["fieldseal.id"], standIn["fieldseal.secret"]) }

    func environment(_ id: String, _ secret: String) -> [String: String] {
        ["AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret, "HOME": "/nonexistent"]
    }

    func trial(_ environment: [String: String]? = nil, key: String? = nil, region: String? = nil) -> ProviderTrial {
        let configuration = configuration(key: key, region: region)
        return ProviderTrial(
            standIn: standIn, make: { try AWSKMSProvider(configuration, network: $0) },
            environment: environment ?? self.environment)
    }

    @Test func keysAreWrappedAndOpened() async throws {
        let wrapped = try await trial().aKeyIsWrappedAndOpened()
        let name = try Envelope(parsing: wrapped, format: .awsKMS, title: "").encrypted.keyName
        #expect(name == standIn["key"], "the ARN stands in the wrap")
        try await trial(key: "alias/fieldseal", region: standIn["region"]).aKeyIsWrappedAndOpened()
    }

    @Test func eachSourceOfCredentialsIsTaken() async throws {
        let metadata = "http://\(standIn["metadata"])"
        let home = ["HOME": "/nonexistent"]
        let web = ["AWS_WEB_IDENTITY_TOKEN_FILE": standIn["web_token_file"], "AWS_ROLE_ARN": standIn["role"]]
        try await trial(web.merging(home) { $1 }).aKeyIsWrappedAndOpened()
        let container = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(metadata)/container/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": standIn["container_token"],
        ]
        try await trial(container.merging(home) { $1 }).aKeyIsWrappedAndOpened()
        let instance = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata]
        try await trial(instance.merging(home) { $1 }).aKeyIsWrappedAndOpened()
        let text = """
            [default]
            aws_access_key_id = \(standIn["fieldseal.id"])
            aws_secret_access_key = \(standIn["fieldseal.secret"])
            """
        try await withFile(text) { file in
            try await trial(["AWS_SHARED_CREDENTIALS_FILE": file].merging(home) { $1 }).aKeyIsWrappedAndOpened()
        }
    }

    @Test func identitiesAreBound() async throws {
        try await trial().otherIdentitiesAreRefused()
        try await trial().theProviderRefusesOtherIdentities()
        try await trial().alterationsAreRefused()
    }

    @Test func wrongPlaintextsAreCaught() async throws { try await trial().wrongPlaintextsAreCaught() }

    @Test func outagesPass() async throws {
        try await trial().outagesPass()
        try await trial().slownessEndsAtTheDeadline()
        try await trial().modeMeans("throttled", .unavailable, "ThrottlingException")
        try await trial().modeMeans("skewed", .unavailable, "clock")
    }

    @Test func wrongCredentialsAreNamed() async throws {
        let id = standIn["fieldseal.id"]
        for (environment, text) in [
            (environment("AKIAUNKNOWN", "another"), "UnrecognizedClientException"),
            (environment(id, "another"), "InvalidSignatureException"),
            (["AWS_ACCESS_KEY_ID": id], "AWS_SECRET_ACCESS_KEY"),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent/token", "AWS_ROLE_ARN": standIn["role"]],
                "/nonexistent/token"
            ),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": standIn["container_token_file"], "AWS_ROLE_ARN": standIn["role"]],
                "web identity token file"
            ),
            (
                ["AWS_WEB_IDENTITY_TOKEN_FILE": standIn["web_token_file"], "AWS_ROLE_ARN": "arn:aws:iam::1:role/x"],
                "AccessDenied"
            ),
        ] as [([String: String], String)] {
            let provider = try AWSKMSProvider(configuration(), network: try standIn.network(environment))
            let error = await failure { try await provider.check() }
            #expect(error?.code == .credential)
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
        }
    }

    @Test func anAbsentMetadataServiceIsNamed() async throws {
        let environment = ["HOME": "/nonexistent", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"]
        let provider = try AWSKMSProvider(configuration(), network: try standIn.network(environment))
        let error = await failure { try await provider.check() }
        #expect(error?.code == .unavailable)
        #expect(error?.description.contains("no AWS credentials") == true)
    }

    @Test func denialsAndUnknownKeysAreNamed() async throws {
        let powerless = environment(standIn["powerless.id"], standIn["powerless.secret"])
        #expect(await code { try await self.trial(powerless).provider().check() } == .denied)
        try await trial().modeMeans("disabled", .unknownKey, "enable it")
        let missing = standIn["key"].dropLast(12) + "000000000000"
        #expect(await code { try await self.trial(key: String(missing)).provider().check() } == .unknownKey)
        let wrapped = try await trial().aKeyIsWrappedAndOpened()
        let other = try trial(key: standIn["other_key"]).provider()
        let error = await failure { _ = try await other.unwrap(wrapped, as: ProviderTrial.identity) }
        #expect(error?.code == .refused)
        #expect(error?.description.contains("wrapped under \(standIn["key"])") == true, "the key to configure")
    }

    @Test func credentialsAreRenewed() async throws {
        let clock = TestClock()
        let environment = [
            "HOME": "/nonexistent", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://\(standIn["metadata"])",
        ]
        let provider = try AWSKMSProvider(configuration(), network: try standIn.network(environment, now: clock.now))
        let before = try await standIn.calls("credentials/fieldseal")
        try await provider.check()
        #expect(try await standIn.calls("credentials/fieldseal") == before + 1)
        clock.advance(200)
        try await provider.check()
        #expect(try await standIn.calls("credentials/fieldseal") == before + 1)
        // Within five minutes of the hour that they last. Moto does not judge the time of signatures.
        clock.advance(3_300)
        try await provider.check()
        #expect(try await standIn.calls("credentials/fieldseal") == before + 2)
        // Revoked ahead of time.
        try await standIn.set(#"{"mode": "expired"}"#)
        try await provider.check()
        #expect(try await standIn.calls("credentials/fieldseal") == before + 3)
    }
}
