import Testing

@testable import EncryptionService

@Suite struct MissBudgetTests {
    private let start = BootTime(nanoseconds: 0)

    @Test func spendsTheBurstThenTheRate() {
        var budget = MissBudget(burst: 3, perSecond: 2, identityLimit: 10)
        for _ in 0..<3 { #expect(budget.spend(identity: "a", at: start) == true) }
        #expect(budget.spend(identity: "a", at: start) == false)
        let later = start.advanced(by: .nanosecondsPerSecond)
        #expect(budget.spend(identity: "a", at: later) == true)
        #expect(budget.spend(identity: "a", at: later) == true)
        #expect(budget.spend(identity: "a", at: later) == false)
    }

    @Test func oneIdentityDoesNotSpendAnothersBudget() {
        var budget = MissBudget(burst: 1, perSecond: 1, identityLimit: 10)
        #expect(budget.spend(identity: "a", at: start) == true)
        #expect(budget.spend(identity: "a", at: start) == false)
        #expect(budget.spend(identity: "b", at: start) == true)
    }

    @Test func neverGrowsPastItsLimitAndKeepsTheSpendthrift() {
        var budget = MissBudget(burst: 2, perSecond: 1, identityLimit: 4)
        #expect(budget.spend(identity: "spendthrift", at: start) == true)
        #expect(budget.spend(identity: "spendthrift", at: start) == true)
        for number in 0..<50 {
            #expect(budget.spend(identity: "caller \(number)", at: start) == true)
            #expect(budget.identities <= 4)
        }
        #expect(budget.spend(identity: "spendthrift", at: start) == false)
    }
}
