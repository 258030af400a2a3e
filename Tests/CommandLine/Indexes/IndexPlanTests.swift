import Testing

@testable import CommandLineTool

@Suite struct IndexPlanTests {
    private func plan(_ groups: [(rows: UInt64, values: UInt64)]) throws -> IndexPlan {
        try #require(IndexPlan(ValueDistribution(groups: groups.map { .init(rows: $0.rows, values: $0.values) })))
    }

    private func choice(_ plan: IndexPlan, _ bits: Int) -> IndexPlan.Choice { .init(bits, plan.distribution) }

    @Test func differentValuesShareIndexValuesInPairs() throws {
        let plan = try plan([(1, 1 << 20)])
        #expect(plan.recommended == 19)
        let choice = choice(plan, 19)
        #expect(abs(choice.falsePositives - 2) < 0.01)
        #expect(abs(choice.valuesTogether - 3) < 0.01)
        #expect(abs(choice.alone - 0.1353) < 0.001, "e^-2")
        #expect(choice.standingOut == 0)
    }

    @Test func anExactIndexFindsNothingElseAndHidesNothing() throws {
        let plan = try plan([(900, 1), (10, 10), (1, 1000)])
        let choice = try #require(plan.choices.last)
        #expect(choice.bits == 128)
        #expect(choice.falsePositives < 1e-30 && choice.valuesTogether == 1 && choice.alone == 1)
        #expect(choice.standingOut == 11, "all that are in more rows than one")
    }

    @Test func searchesFindNoMoreInVainThanTheRootOfTheRows() throws {
        // A million rows of sixteen values: to hide them, half of the rows would be opened.
        let plan = try plan([(62_500, 16)])
        #expect(plan.recommended == 10)
        #expect(choice(plan, plan.recommended).falsePositives <= 1000)
        #expect(choice(plan, plan.recommended - 1).falsePositives > 1000)
    }

    @Test func frequentValuesStandOut() throws {
        let plan = try plan([(5_000, 1), (300, 2), (1, 10_000)])
        #expect(choice(plan, 4).standingOut == 1)
        #expect(choice(plan, 8).standingOut == 3)
        #expect(choice(plan, 1).standingOut == 0)
        #expect(plan.distribution.shares(ofMostFrequent: 2) == [5_000.0 / 15_600, 300.0 / 15_600])
    }

    @Test(
        arguments: [[(1, 1)], [(10_000_000, 1)], [(2, 1), (1, 1)], [(1, 2)], [(UInt64(1) << 40, 1000)]]
            as [[(UInt64, UInt64)]])
    func extremesHaveAPlan(groups: [(UInt64, UInt64)]) throws {
        let plan = try plan(groups.map { (rows: $0.0, values: $0.1) })
        #expect((1...128).contains(plan.recommended))
        for choice in plan.choices {
            #expect(choice.falsePositives >= 0 && choice.valuesTogether >= 1 && (0...1).contains(choice.alone))
        }
        #expect(plan.choices.contains { $0.bits == plan.recommended })
    }

    @Test func withoutValuesThereIsNoPlan() {
        #expect(IndexPlan(ValueDistribution(groups: [], nulls: 7)) == nil)
    }

    @Test func sharesEndWithTheValues() {
        let distribution = ValueDistribution(groups: [.init(rows: 3, values: 2), .init(rows: 1, values: 4)])
        #expect(distribution.rows == 10 && distribution.values == 6)
        #expect(distribution.shares(ofMostFrequent: 3) == [0.3, 0.3, 0.1])
        #expect(distribution.shares(ofMostFrequent: 9).count == 6)
        #expect(abs(distribution.concentration - 0.22) < 1e-9)
    }

    @Test func thePlanIsPrinted() throws {
        let text = try plan([(50, 1), (1, 50)]).text
        #expect(text.hasPrefix("51 values in 100 rows\nThe most frequent values stand in 50.00%, 1.00%"))
        #expect(text.contains("recommended\n"))
        #expect(try plan([(50, 1), (1, 50)]).json.text(indent: nil).contains(#""rows":100"#))
    }
}
