import Testing

@testable import FieldsealAlerts

@Suite struct AlertWindowTests {
    @Test func theFirstGoesOutAndItsEqualsAreHeldUntilTheWindowEnds() {
        #expect(AlertWindow.decide(nil, severity: .warning, nowUnixUs: 100) == .send(occurrences: 1))
        let window = AlertWindow(endsUnixUs: 200, severity: .warning, held: 3)
        #expect(AlertWindow.decide(window, severity: .warning, nowUnixUs: 199) == .hold)
        #expect(AlertWindow.decide(window, severity: .info, nowUnixUs: 199) == .hold)
        #expect(AlertWindow.decide(window, severity: .warning, nowUnixUs: 200) == .send(occurrences: 4))
    }

    @Test func aWorseOneIsNotHeldBack() {
        let window = AlertWindow(endsUnixUs: 200, severity: .warning, held: 3)
        #expect(AlertWindow.decide(window, severity: .critical, nowUnixUs: 101) == .send(occurrences: 4))
    }

    @Test func textIsOneLineOfBoundedLength() {
        let alert = Alert(
            .backupFailed, .info, object: "a\r\nBcc: x\u{0}\u{2028}\u{202E}",
            text: String(repeating: "é\u{7}", count: 5_000)
        ).cleaned
        #expect(alert.object == "a  Bcc: x   ")
        #expect(alert.text.unicodeScalars.count == 1_000)
        #expect(alert.text.unicodeScalars.allSatisfy { $0 == " " || $0 == "é" })
    }
}
