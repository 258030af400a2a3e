import FieldsealPostgres
import FieldsealServiceRuntime
import Foundation
import Testing

@testable import FieldsealAlerts

func decodeBase64(_ text: String) -> String? { Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) } }

@Suite struct EmailTests {
    @Test(arguments: [(true, "PLAIN LOGIN"), (true, "LOGIN"), (false, "PLAIN"), (false, "LOGIN CRAM-MD5")])
    func aMessageArrives(startsTLS: Bool, mechanisms: String) async throws {
        try await withServer(.init(startsTLS: startsTLS, mechanisms: mechanisms)) { server, files in
            let destination = try destination(server, files, startsTLS: startsTLS)
            try await destination.send(.sample("it is grün", object: "users.email", occurrences: 2))
            #expect(server.logins == ["alerts:correct horse"])
            let mail = try #require(server.mails.first)
            #expect(mail.sender == "MAIL FROM:<fieldseal@example.com>")
            #expect(mail.recipients == ["RCPT TO:<one@example.com>", "RCPT TO:<two@example.org>"])
            #expect(mail.lines.contains("Message-ID: <00000000-0000-0000-0000-00000000002a@example.com>"))
            #expect(mail.lines.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000"))
            #expect(mail.lines.contains("Subject: [fieldseal] warning: rotation-failed users.email"))
            let body = try #require(decodeBase64(mail.lines.drop { !$0.isEmpty }.joined()))
            #expect(body.hasPrefix("it is grün (and 1 more)\r\n\r\nseverity: warning\r\n"))
            #expect(body.contains("object: users.email\r\ntime: 2027-01-15T08:00:00.123Z\r\nfrom: spiffe://test\r\n"))
            let beforeTLS = startsTLS ? server.commands.prefix { $0 != "STARTTLS" } : []
            #expect(Array(beforeTLS) == (startsTLS ? ["EHLO example.com"] : []), "nothing else in the clear")
        }
    }

    @Test(
        arguments: [
            ("greeting", "554 go away", .refused), ("greeting", "421 busy", .unavailable), ("EHLO", "502 no", .refused),
            ("STARTTLS", "454 not now", .unavailable), ("AUTH", "535 wrong", .refused),
            ("AUTH", "454 later", .unavailable),
            ("MAIL", "452 full", .unavailable), ("MAIL", "550-no\r\n550 never", .refused), ("RCPT", "550 no", .refused),
            ("RCPT TO:<two", "451 greylisted", .unavailable), ("DATA", "554 no", .refused),
            (".", "552 too big", .refused),
            (".", "451 later", .unavailable), ("MAIL", "999 what", .unavailable), ("MAIL", "nonsense", .unavailable),
            ("MAIL", "250-a\r\n550 b", .unavailable), ("RCPT TO:<two", "550 unknown", nil),
        ] as [(String, String, DeliveryFailure.Code?)])
    func aReplySaysWhatBecomesOfTheMessage(
        command: String, reply: String, code: DeliveryFailure.Code?
    ) async throws {
        try await withServer(.init(replies: [command: reply])) { server, files in
            let destination = try destination(server, files)
            let failed = await failure { () throws(DeliveryFailure) in try await destination.send(.sample("x")) }
            #expect(failed?.code == code, "\(String(describing: failed))")
            #expect(server.mails.count == (code == nil ? 1 : 0))
        }
    }

    @Test func whatIsSaidInTheClearBehindTheConsentIsNotTakenForTLS() async throws {
        try await withServer(.init(injected: "\r\n250 you are in")) { server, files in
            let destination = try destination(server, files)
            let failed = await failure { () throws(DeliveryFailure) in try await destination.send(.sample("x")) }
            #expect(failed?.code == .refused)
            #expect(!server.commands.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
        }
    }

    @Test func noTLSNoMessage() async throws {
        try await withServer(.init(replies: ["EHLO": "250-test\r\n250 AUTH PLAIN"])) { server, files in
            let destination = try destination(server, files)
            #expect(
                await failure { () throws(DeliveryFailure) in try await destination.send(.sample("x")) }?.code
                    == .refused)
            #expect(server.commands == ["EHLO example.com"])
        }
    }

    @Test(arguments: [true, false]) func aServerWithAnotherCertificateGetsNothing(startsTLS: Bool) async throws {
        try await withServer(.init(startsTLS: startsTLS)) { server, files in
            let strangers = try TestFiles()
            try strangers.makeCertificates()
            let unknown = try destination(server, files, startsTLS: startsTLS, authorities: strangers.path("ca.pem"))
            #expect(
                await failure { () throws(DeliveryFailure) in try await unknown.send(.sample("x")) }?.code
                    == .unavailable)
            let misnamed = try destination(server, files, host: "127.0.0.2", startsTLS: startsTLS)
            #expect(
                await failure { () throws(DeliveryFailure) in try await misnamed.send(.sample("x")) }?.code
                    == .unavailable)
            #expect(server.logins.isEmpty && server.mails.isEmpty)
        }
    }

    @Test func credentialsThatCannotBeUsedAreNamedAndNeverLogged() async throws {
        try await withServer { server, files in
            let destination = try destination(server, files)
            files.write("wrong battery staple", to: "password")
            let wrong = await failure { () throws(DeliveryFailure) in try await destination.send(.sample("x")) }
            #expect(wrong?.code == .refused && wrong?.description.contains("battery") == false)
            try FileManager.default.removeItem(atPath: files.path("password"))
            files.write("correct horse", to: "password", mode: 0o644)
            let open = await failure { () throws(DeliveryFailure) in try await destination.send(.sample("x")) }
            #expect(open?.code == .credential && open?.description.contains(files.path("password")) == true)
            #expect(open?.description.contains("correct") == false)
            #expect(server.mails.isEmpty)
        }
    }

    @Test func aSilentServerDoesNotHoldUpForLong() async throws {
        try await withServer(.init(isSilent: true)) { server, files in
            let destination = try destination(server, files)
            let start = ContinuousClock.now
            #expect(
                await failure { () throws(DeliveryFailure) in try await destination.send(.sample("x")) }?.code
                    == .unavailable)
            #expect(start.duration(to: .now) < DeliveryPolicy.longestAttempt)
        }
    }

    @Test func nothingInAnAlertBeginsAHeaderOrEndsTheMessage() {
        let evil = "x\r\nBcc: victim@example.com\r\n\r\n.\r\nMAIL FROM:<>\u{0}\u{2028}"
        let notice = AlertNotice(
            id: AlertIdentifier(PostgresUUID(rawValue: 1)), position: 1, raisedUnixUs: 0,
            alert: Alert(.backupFailed, .critical, object: evil, text: evil))
        let message = MailMessage(notice: notice, source: evil, sender: "a@b.c", recipients: ["d@e.f"]).encoded
        let lines = message.components(separatedBy: "\r\n")
        #expect(message.hasSuffix("\r\n") && !lines.contains("."))
        #expect(message.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 13 || $0 == 10 })
        #expect(!message.replacing("\r\n", with: "").contains { $0.isNewline })
        let headers = lines.prefix { !$0.isEmpty }.filter { !$0.hasPrefix(" ") }.compactMap {
            $0.split(separator: ":").first
        }
        #expect(
            headers == [
                "Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type",
                "Content-Transfer-Encoding",
                "Auto-Submitted", "X-Fieldseal-Alert",
            ])
        #expect(lines.allSatisfy { $0.utf8.count <= 78 })
    }

    @Test func longAndForeignSubjectsBecomeEncodedWords() {
        #expect(MailMessage.encodedWords("plain") == "plain")
        #expect(MailMessage.encodedWords("=?utf-8?B?eA==?=") == "=?utf-8?B?PT91dGYtOD9CP2VBPT0/PQ==?=")
        let text = String(repeating: "schlüssel ", count: 20)
        let words = MailMessage.encodedWords(text).components(separatedBy: "\r\n ")
        #expect(words.allSatisfy { $0.count <= 75 && $0.hasPrefix("=?utf-8?B?") && $0.hasSuffix("?=") })
        #expect(words.compactMap { decodeBase64(String($0.dropFirst(10).dropLast(2))) }.joined() == text)
    }

    @Test func addressesThatCouldBeMoreThanOneAreRefused() {
        for good in ["a@b", "ops+alerts@mail.example.com"] { #expect(MailMessage.isAddress(good)) }
        for bad in ["", "a", "@", "a@", "a@b@c", "a b@c", "a@b>\r\nRCPT TO:<x@y", "<a@b>", "a@b,c@d", "ä@b", "\"a\"@b"]
        {
            #expect(!MailMessage.isAddress(bad), "\(bad)")
        }
    }

    @Test func settingsAreRead() throws {
        let yaml = """
            {alerts: {destinations: [{name: mail, kind: email, server: "mail.example.com:465", from: a@b.example,
              to: [c@d], username: u, password-file: p}]}}
            """
        let root = try ConfigurationSection(yaml: yaml, file: "/etc/x.yaml", environment: [:])
        let settings = try AlertSettings(try root.section("alerts"))
        try root.finish()
        guard case .email(let mail) = settings.destinations[0].kind else { throw CancellationError() }
        #expect(!mail.startsTLS && mail.clientName == "b.example" && mail.credentials?.password.path == "/etc/p")
        for bad in [
            "from: 'a@b>'", "to: []", "to: ['a b@c']", "tls: none", "server: x", "client-name: 'a b'", "username: ''",
        ] {
            let key = String(bad.prefix { $0 != ":" })
            let values = ["name: mail", "kind: email", "server: 'x:25'", "from: a@b", "to: [c@d]"].filter {
                !$0.hasPrefix("\(key):")
            }
            let yaml = "{alerts: {destinations: [{\((values + [bad]).joined(separator: ", "))}]}}"
            #expect(throws: ConfigurationError.self, "\(bad)") {
                let root = try ConfigurationSection(yaml: yaml, file: "/etc/x.yaml", environment: [:])
                _ = try AlertSettings(try root.section("alerts"))
            }
        }
    }

    private func withServer(
        _ behaviour: TestMailServer.Behaviour = .init(), _ body: (TestMailServer, TestFiles) async throws -> Void
    ) async throws {
        let files = try TestFiles()
        try files.makeCertificates()
        let server = try await TestMailServer(files, behaviour)
        try await body(server, files)
        try await server.stop()
    }

    private func destination(
        _ server: TestMailServer, _ files: TestFiles, host: String = "localhost", startsTLS: Bool = true,
        authorities: String? = nil
    ) throws -> EmailDestination {
        files.write("correct horse\n", to: "password")
        let yaml = """
            {server: "\(host):\(server.port)", tls: \(startsTLS ? "starttls" : "implicit"), from: fieldseal@example.com,
             to: [one@example.com, two@example.org], username: alerts, password-file: password,
             ca: "\(authorities ?? files.path("ca.pem"))"}
            """
        let section = try ConfigurationSection(yaml: yaml, file: files.path("x.yaml"), environment: [:])
        return try EmailDestination(
            name: "mail", minimumSeverity: .info, settings: try EmailSettings(section), source: "spiffe://test",
            logger: RecordedLog().logger)
    }
}
