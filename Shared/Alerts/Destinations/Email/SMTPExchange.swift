/// The conversation that hands one message to an SMTP server (RFC 5321; STARTTLS of RFC 3207, AUTH of RFC 4954). Pure:
/// replies come in, and it says what to do next.
struct SMTPExchange: Sendable {
    struct Plan: Sendable {
        /// What EHLO calls this client.
        var clientName: String
        /// False where the connection has TLS from its first byte.
        var startsTLS: Bool
        var wantsAuthentication: Bool
        var sender: String
        var recipients: [String]
    }

    enum Action: Equatable, Sendable {
        /// A command, without the line end.
        case send(String)
        case startTLS
        /// Credentials, which do not pass through here.
        case sendPlain
        case sendUserName
        case sendPassword
        case sendMessage
        /// The server has the message; `refused` recipients do not get it.
        case delivered(refused: Int)
        case fail(DeliveryFailure)
    }

    private enum State: Equatable {
        case greeting, hello, startTLS, secureHello, plain, loginUser, loginName, loginPassword, sender
        case recipient(Int)
        case data, message, ended
    }

    private let plan: Plan
    private var state = State.greeting
    private var refused: [Int] = []
    private var hasBusyRecipient = false

    init(_ plan: Plan) { self.plan = plan }

    /// TLS stands, its certificate was verified; everything that was said before is forgotten (RFC 3207, section 4.2).
    mutating func tlsStarted() -> Action {
        guard state == .startTLS else { return failed(.unavailable, "TLS began out of turn") }
        state = .secureHello
        return hello
    }

    mutating func replied(_ reply: SMTPReply) -> Action {
        switch state {
        case .greeting:
            return advance(reply, "the greeting", 220, plan.startsTLS ? .hello : .secureHello, hello)
        case .hello:
            guard reply.code == 250 else { return failure(reply, "EHLO") }
            guard offers(reply, "STARTTLS") != nil else {
                return failed(.refused, "the server offers no STARTTLS")
            }
            state = .startTLS
            return .send("STARTTLS")
        case .startTLS:
            return reply.code == 220 ? .startTLS : failure(reply, "STARTTLS")
        case .secureHello:
            guard reply.code == 250 else { return failure(reply, "EHLO") }
            guard plan.wantsAuthentication else { return mail() }
            return authentication(offers(reply, "AUTH") ?? "")
        case .plain: return reply.code == 235 ? mail() : failure(reply, "AUTH")
        case .loginUser: return advance(reply, "AUTH", 334, .loginName, .sendUserName)
        case .loginName: return advance(reply, "AUTH", 334, .loginPassword, .sendPassword)
        case .loginPassword: return reply.code == 235 ? mail() : failure(reply, "AUTH")
        case .sender: return reply.code == 250 ? recipient(0) : failure(reply, "MAIL FROM")
        case .recipient(let index):
            if reply.code / 100 == 4 { hasBusyRecipient = true }
            if reply.code / 100 != 2 { refused.append(reply.code) }
            return recipient(index + 1)
        case .data: return advance(reply, "DATA", 354, .message, .sendMessage)
        case .message:
            guard reply.code == 250 else { return failure(reply, "the message") }
            state = .ended
            return .delivered(refused: refused.count)
        case .ended: return failed(.unavailable, "the server went on after the end")
        }
    }

    private var hello: Action { .send("EHLO \(plan.clientName)") }

    private mutating func mail() -> Action {
        state = .sender
        return .send("MAIL FROM:<\(plan.sender)>")
    }

    /// A recipient that is refused for good does not keep the others from it; one that is refused for now holds up all, so
    /// that nobody gets the message twice.
    private mutating func recipient(_ index: Int) -> Action {
        if index < plan.recipients.count {
            state = .recipient(index)
            return .send("RCPT TO:<\(plan.recipients[index])>")
        }
        if hasBusyRecipient { return failed(.unavailable, "a recipient is refused for now") }
        guard refused.count < plan.recipients.count else {
            return failed(.refused, "every recipient was refused with \(refused.first ?? 0)")
        }
        state = .data
        return .send("DATA")
    }

    private mutating func authentication(_ mechanisms: String) -> Action {
        let mechanisms = mechanisms.split(separator: " ").map { $0.uppercased() }
        if mechanisms.contains("PLAIN") {
            state = .plain
            return .sendPlain
        }
        guard mechanisms.contains("LOGIN") else {
            return failed(.refused, "the server offers neither AUTH PLAIN nor LOGIN")
        }
        state = .loginUser
        return .send("AUTH LOGIN")
    }

    /// The parameters of an extension that EHLO's reply names; nil where it does not.
    private func offers(_ reply: SMTPReply, _ keyword: String) -> String? {
        for line in reply.lines.dropFirst() {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.first?.uppercased() == keyword { return parts.count == 2 ? String(parts[1]) : "" }
        }
        return nil
    }

    private mutating func advance(
        _ reply: SMTPReply, _ what: String, _ code: Int, _ next: State, _ action: Action
    ) -> Action {
        guard reply.code == code else { return failure(reply, what) }
        state = next
        return action
    }

    private mutating func failure(_ reply: SMTPReply, _ what: String) -> Action {
        failed(reply.code / 100 == 5 ? .refused : .unavailable, "\(what) was answered by \(reply.code)")
    }

    private mutating func failed(_ code: DeliveryFailure.Code, _ text: String) -> Action {
        state = .ended
        return .fail(DeliveryFailure(code, text))
    }
}
