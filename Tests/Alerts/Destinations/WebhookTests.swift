import FieldsealCrypto
import FieldsealHTTP
import FieldsealPostgres
import Foundation
import Testing

@testable import FieldsealAlerts

@Suite struct WebhookTests {
    /// Example of the Standard Webhooks specification, whose signature its libraries agree on.
    @Test func aSignatureIsThatOfThePublishedExample() throws {
        let files = try TestFiles()
        let secret = WebhookSecret(path: files.write("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", to: "secret"))
        let content = #"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#
        #expect(
            try secret.signature(of: Array(content.utf8)) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func aCallCarriesTheAlertSignedUnderBothSecrets() async throws {
        let files = try TestFiles()
        try files.makeCertificates()
        let receiver = try await WebhookReceiver(certificates: files)
        let destination = try destination(receiver, files, authorities: "ca.pem")
        let notice = AlertNotice.sample("it says \"no\" \\ é", occurrences: 3)
        try await destination.send(notice)
        let call = try #require(receiver.calls.first)
        #expect(call.path == "/hook" && call.header("content-type") == "application/json")
        #expect(call.header("webhook-id") == "00000000-0000-0000-0000-00000000002a")
        #expect(call.header("webhook-timestamp") == "1800000000")
        let signed = Array("\(notice.id).1800000000.\(call.body)".utf8)
        let signatures = try ["one", "two"].map { try WebhookSecret(path: files.path($0)).signature(of: signed) }
        #expect(call.header("webhook-signature") == signatures.joined(separator: " "))
        #expect(signatures[0] != signatures[1])
        let body = try #require(try JSONSerialization.jsonObject(with: Data(call.body.utf8)) as? [String: Any])
        let data = try #require(body["data"] as? [String: Any])
        #expect(body["type"] as? String == "alert.rotation-failed")
        #expect(body["timestamp"] as? String == "2027-01-15T08:00:00.123Z")
        #expect(data["text"] as? String == "it says \"no\" \\ é (and 2 more)")
        #expect(data["occurrences"] as? Int == 3 && data["severity"] as? String == "warning")
        #expect(data["source"] as? String == "spiffe://test/service")
        try await receiver.stop()
    }

    @Test(
        arguments: [
            (WebhookReceiver.Behaviour.answer(200), nil), (.answer(500), .unavailable), (.answer(503), .unavailable),
            (.answer(429), .unavailable), (.answer(408), .unavailable), (.answer(400), .refused),
            (.answer(410), .refused),
            (.redirect, .refused), (.close, .unavailable),
        ] as [(WebhookReceiver.Behaviour, DeliveryFailure.Code?)])
    func anAnswerSaysWhatBecameOfTheCall(
        behaviour: WebhookReceiver.Behaviour, code: DeliveryFailure.Code?
    ) async throws {
        let files = try TestFiles()
        let receiver = try await WebhookReceiver()
        receiver.behave(behaviour)
        let destination = try destination(receiver, files)
        #expect(await failure { () throws(DeliveryFailure) in try await destination.send(.sample("x")) }?.code == code)
        #expect(receiver.calls.count == 1, "and no redirect is followed")
        try await receiver.stop()
    }

    @Test func aReceiverThatHangsOrIsNotTheOneMeantIsUnavailable() async throws {
        let files = try TestFiles()
        try files.makeCertificates()
        let receiver = try await WebhookReceiver(certificates: files)
        let stranger = try destination(receiver, files)
        #expect(
            await failure { () throws(DeliveryFailure) in try await stranger.send(.sample("x")) }?.code == .unavailable)
        #expect(receiver.calls.isEmpty)
        receiver.behave(.hang)
        let destination = try destination(receiver, files, authorities: "ca.pem")
        let start = ContinuousClock.now
        #expect(
            await failure { () throws(DeliveryFailure) in try await destination.send(.sample("x")) }?.code
                == .unavailable)
        #expect(start.duration(to: .now) < .seconds(20))
        try await receiver.stop()
    }

    @Test(arguments: [
        "short", "whsec_", "whsec_AAAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "",
        "whsec_====MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ])
    func aFileWithoutASecretIsNamed(text: String) async throws {
        let files = try TestFiles()
        let receiver = try await WebhookReceiver()
        let destination = try destination(receiver, files)
        files.write(text, to: "one")
        let failed = await failure { () throws(DeliveryFailure) in try await destination.send(.sample("x")) }
        #expect(failed?.code == .credential)
        #expect(failed?.description.contains(files.path("one")) == true)
        #expect(text.isEmpty || failed?.description.contains(text) == false)
        #expect(receiver.calls.isEmpty)
        try await receiver.stop()
    }

    @Test(.enabled(if: AlertDatabase.isConfigured)) func fromTheQueueToTheReceiverAcrossItsFailures() async throws {
        try await AlertDatabase.with { database in
            let files = try TestFiles()
            let receiver = try await WebhookReceiver()
            let delivery = database.delivery(to: try destination(receiver, files))
            try await delivery.tick()
            receiver.behave(.answer(502))
            try await database.raise(.sample("1"), .sample("2"))
            try await delivery.tick()
            receiver.behave(.answer(204))
            database.clock.pass(seconds: 5)
            try await delivery.tick()
            let texts = receiver.calls.map { $0.body.contains("\"text\":\"1\"") ? "1" : "2" }
            #expect(texts == ["1", "1", "2"])
            let ids = receiver.calls.map { $0.header("webhook-id") }
            #expect(ids[0] == ids[1] && ids[1] != ids[2])
            let log = database.log.lines.map(\.text).joined()
            #expect(log.contains("answered 502") && !log.contains("whsec") && !log.contains("localhost"))
            try await receiver.stop()
        }
    }

    @Test func urlsAreHTTPSOrOfThisMachine() {
        let good = [
            "https://alerts.example.com/x?y", "http://127.0.0.1:80/", "http://localhost:1/", "http://[::1]:8080/hook",
        ]
        let bad = [
            "http://example.com/", "http://127.0.0.1.example.com/", "http://127.0.0.1@example.com/", "ftp://x/",
            "https://",
            "https://a@b/", "https://a b/", "http://localhost\\@example.com/", "http://[::1].example.com/x", "",
        ]
        for url in good { #expect(WebhookSettings.isAcceptable(url), "\(url)") }
        for url in bad { #expect(!WebhookSettings.isAcceptable(url), "\(url)") }
    }

    private func destination(
        _ receiver: WebhookReceiver, _ files: TestFiles, authorities: String? = nil
    ) throws -> WebhookDestination {
        files.write("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", to: "one")
        files.write("whsec_\(Base64.encode(Array(repeating: 7, count: 32)))\n", to: "two")
        return WebhookDestination(
            name: "hook", minimumSeverity: .info, url: receiver.url,
            secrets: ["one", "two"].map { WebhookSecret(path: files.path($0)) }, source: "spiffe://test/service",
            caller: try HTTPCaller(
                .init(authoritiesFile: authorities.map(files.path), allowsPlaintext: receiver.url.hasPrefix("http:"))),
            clock: { 1_800_000_000_000_000 })
    }
}

extension AlertNotice {
    static func sample(_ text: String, object: String = "users.email", occurrences: Int64 = 1) -> AlertNotice {
        AlertNotice(
            id: AlertIdentifier(PostgresUUID(rawValue: 42)), position: 1, raisedUnixUs: 1_800_000_000_123_456,
            alert: .sample(text, object: object), occurrences: occurrences)
    }
}

func failure(_ body: () async throws(DeliveryFailure) -> Void) async -> DeliveryFailure? {
    do throws(DeliveryFailure) {
        try await body()
        return nil
    } catch {
        return error
    }
}
