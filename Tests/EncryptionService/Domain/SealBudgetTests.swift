import Synchronization
import Testing

@testable import EncryptionService

@Suite struct SealBudgetTests {
    private let now = BootTime(nanoseconds: 1_000 * .nanosecondsPerSecond)

    private func budget(of count: UInt32) -> SealBudget {
        let budget = SealBudget()
        budget.add(count, at: now)
        return budget
    }

    @Test func givesWhatItHasAndNoMore() {
        let budget = budget(of: 10)
        #expect(budget.take(4))
        #expect(!budget.take(7))
        #expect(budget.remaining == 6)
        #expect(budget.takeSlice(atLeast: 6) == 6)
        #expect(!budget.take(1))
        budget.giveBack(2)
        #expect(budget.take(2))
        #expect(budget.remaining == 0)
    }

    @Test func slicesAreSmallAndEndWithThePlenty() {
        let budget = budget(of: 100_000)
        #expect(budget.takeSlice(atLeast: 1) == 256)
        #expect(budget.takeSlice(atLeast: 1_000) == 1_000)
        #expect(self.budget(of: 320).takeSlice(atLeast: 1) == 20)
        #expect(self.budget(of: 10).takeSlice(atLeast: 1) == 1)
    }

    @Test func whatIsTakenAtTheSameTimeNeverExceedsWhatWasAdded() async {
        let budget = SealBudget()
        let added = 200 * 97
        let taken = await withTaskGroup { group in
            group.addTask { [now] in
                for _ in 0..<200 { budget.add(97, at: now) }
                return 0
            }
            for worker in 1...7 {
                group.addTask {
                    var kept = 0
                    for round in 0..<2_000 {
                        let wanted = 1 + (round * worker) % 13
                        if round % 2 == 0 {
                            kept += budget.take(wanted) ? wanted : 0
                        } else if let slice = budget.takeSlice(atLeast: wanted) {
                            budget.giveBack(slice - wanted)
                            kept += wanted
                        }
                    }
                    return kept
                }
            }
            return await group.reduce(0, +)
        }
        #expect(taken + budget.remaining == added)
        #expect(budget.remaining >= 0)
    }

    @Test func leasesAheadOnceFromHalfOn() {
        let budget = budget(of: 100)
        #expect(budget.take(50))
        #expect(!budget.startRenewal(at: now))
        #expect(budget.take(1))
        #expect(budget.startRenewal(at: now))
        #expect(!budget.startRenewal(at: now))
        budget.endRenewal(retries: now.advanced(by: 5))
        #expect(!budget.startRenewal(at: now.advanced(by: 4)))
        #expect(budget.startRenewal(at: now.advanced(by: 5)))
        budget.add(100, at: now)
        budget.endRenewal(retries: nil)
        #expect(!budget.startRenewal(at: now.advanced(by: 6)))
    }

    @Test func anExhaustedVersionIsNotAskedForMoreForAWhile() {
        let budget = budget(of: 10)
        #expect(budget.take(9))
        budget.noteExhaustion(until: now.advanced(by: 5))
        #expect(budget.isExhausted(at: now.advanced(by: 4)) && !budget.isExhausted(at: now.advanced(by: 5)))
        #expect(!budget.startRenewal(at: now.advanced(by: 4)))
        #expect(budget.startRenewal(at: now.advanced(by: 5)))
        budget.noteExhaustion(until: now.advanced(by: 100))
        budget.add(1, at: now)
        #expect(!budget.isExhausted(at: now))
    }

    @Test func hasPlentyAboveHalfAndForThoseWhoWait() {
        let budget = budget(of: 100)
        #expect(budget.hasPlenty(for: 100) && !budget.hasPlenty(for: 101))
        #expect(budget.take(51))
        #expect(!budget.hasPlenty(for: 0))
        #expect(!SealBudget().hasPlenty(for: 0))
    }

    @Test func reservedSealsGoBackWithTheirLastReference() {
        let budget = budget(of: 10)
        #expect(budget.take(8))
        var reserved: ReservedSeals? = ReservedSeals(8, of: budget)
        reserved?.use(3)
        #expect(reserved?.count == 5 && budget.remaining == 2)
        reserved = nil
        #expect(budget.remaining == 7)
    }

    @Test func onlyWhatWasGrantedChangesTheNextLease() {
        let budget = budget(of: 1_024)
        for second in 1...60 as ClosedRange<UInt64> {
            let later = now.advanced(by: second * .nanosecondsPerSecond)
            #expect(budget.nextLease(at: later, waiting: 0) == 4_096)
        }
        budget.add(0, at: now)
        #expect(budget.size.count == 1_024)
        budget.add(17, at: now)
        #expect(budget.size.count == 4_096)
    }
}

@Suite struct LeaseSizeTests {
    private static let hour = 3_600 * UInt64.nanosecondsPerSecond
    private let start = BootTime(nanoseconds: .nanosecondsPerSecond)

    /// The sizes of leases with these hours between them.
    private func sizes(hours: [UInt64]) -> [UInt32] {
        var (size, now) = (LeaseSize().next(at: start), start)
        return hours.map { hours in
            now = now.advanced(by: hours * Self.hour)
            size = size.next(at: now)
            return size.count
        }
    }

    @Test func beginsWithTheLeast() {
        #expect(LeaseSize().count == 1_024)
        #expect(LeaseSize().next(at: start).count == 1_024)
    }

    @Test func growsWhileLeasesAreUsedUpFastUpToItsBound() {
        #expect(
            sizes(hours: Array(repeating: 0, count: 8)) == [
                4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 4_194_304, 4_194_304,
            ])
    }

    @Test func staysAndShrinksWithTheUse() {
        #expect(
            sizes(hours: [0, 0, 1, 24, 25, 25, 25, 25]) == [4_096, 16_384, 16_384, 16_384, 4_096, 1_024, 1_024, 1_024])
    }

    @Test(arguments: [0, 1, 5_000, 1 << 22, 1 << 32, 1 << 40])
    func asksForWhatWaitsBesidesAndForNoMoreThanTheBound(waiting: Int) {
        #expect(Int(LeaseSize().count(with: waiting)) == min(1 << 22, 1_024 + waiting))
    }
}
