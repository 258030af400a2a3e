import Testing

@testable import FieldsealPostgres

@Suite struct PreparedStatementsTests {
    private func key(_ sql: String, _ types: [UInt32] = []) -> PreparedStatements.Key {
        PreparedStatements.Key(sql: sql, types: types)
    }

    @Test func aStatementIsPreparedWhenItComesAgain() {
        var statements = PreparedStatements()
        #expect(statements.way(of: key("a")) == .unnamed)
        #expect(statements.way(of: key("a")) == .prepare("fieldseal_1"))
        #expect(statements.way(of: key("a")) == .prepared("fieldseal_1"))
    }

    @Test func otherTypesAreAnotherStatement() {
        var statements = PreparedStatements()
        for _ in 0..<2 { _ = statements.way(of: key("a", [20])) }
        #expect(statements.way(of: key("a", [25])) == .unnamed)
    }

    @Test func aFailureIsTriedAgainUnderAnotherName() {
        var statements = PreparedStatements()
        for _ in 0..<2 { _ = statements.way(of: key("a")) }
        statements.failed(key("a"))
        #expect(statements.way(of: key("a")) == .unnamed)
        #expect(statements.way(of: key("a")) == .prepare("fieldseal_2"))
    }

    @Test func whatIsForgottenIsPreparedUnderAnotherName() {
        var statements = PreparedStatements()
        for _ in 0..<2 { _ = statements.way(of: key("a")) }
        statements.forget()
        _ = statements.way(of: key("a"))
        #expect(statements.way(of: key("a")) == .prepare("fieldseal_2"))
    }

    @Test func noMoreAreNamedThanTheLimit() {
        var statements = PreparedStatements(limit: 1)
        for _ in 0..<2 { _ = statements.way(of: key("a")) }
        for _ in 0..<3 { #expect(statements.way(of: key("b")) == .unnamed) }
        #expect(statements.way(of: key("a")) == .prepared("fieldseal_1"))
    }
}
