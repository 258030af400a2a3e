import FieldsealRPC
import Testing

struct BackoffTests {
    @Test func pausesDoubleUpToTheLongest() {
        var backoff = Backoff(100...1000)
        var longest = ConstantGenerator(value: .max)
        let pauses = (0..<6).map { _ in backoff.attemptFailed(using: &longest) }
        #expect(pauses == [100, 200, 400, 800, 1000, 1000])
        backoff.attemptSucceeded()
        #expect(backoff.attemptFailed(using: &longest) == 100)
    }

    @Test func jitterCutsUpToAHalf() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<1000 {
            var backoff = Backoff(100...1000)
            #expect((50...100).contains(backoff.attemptFailed(using: &random)))
            #expect((100...200).contains(backoff.attemptFailed(using: &random)))
        }
    }

    @Test func longestPauseDoesNotOverflow() {
        var backoff = Backoff(.max / 2 + 1 ... .max)
        var longest = ConstantGenerator(value: .max)
        for _ in 0..<4 { #expect(backoff.attemptFailed(using: &longest) > 0) }
    }
}
