import Testing

@testable import EncryptionService

@Suite struct ItemFailureTests {
    @Test func whatAForgerCanVaryLooksTheSame() {
        let rejections: [ItemFailure] = [.form, .suite, .flags, .versionUnknown, .commitment, .tag]
        for failure in rejections {
            #expect(failure.code == .invalidArgument)
            #expect(failure.message == "ciphertext rejected")
        }
    }

    @Test func causesTellFailuresApart() {
        let causes = Set(ItemFailure.allCases.map { $0.cause })
        #expect(causes.count == ItemFailure.allCases.count)
    }

    @Test func noFailureIsASuccess() {
        for failure in ItemFailure.allCases { #expect(failure.code != .ok) }
    }
}
