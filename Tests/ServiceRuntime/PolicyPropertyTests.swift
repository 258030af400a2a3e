import FieldsealServiceRuntime
import Testing

/// Random policies, checked against the rules' plain meaning.
@Suite struct PolicyPropertyTests {
    struct Generator {
        var random: SplitMix
        let identities = (0..<4).map { "spiffe://fieldseal.local/party/\($0)" }
        let tables = ["users", "public.users", "user", "métrics", "a"]
        let columns = ["email", "emails", "e", "tags", "a"]

        mutating func pattern() -> FieldPattern {
            let table = tables.randomElement(using: &random) ?? ""
            let column = columns.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<8, using: &random) {
            case 0: return .all
            case 1, 2: return .table(table)
            case 3, 4: return .column(column)
            default: return .field(table: table, column: column)
            }
        }

        mutating func rule() -> Policy.Rule {
            let operations = PolicyOperation.allCases.filter { _ in Int.random(in: 0..<6, using: &random) == 0 }
            let patterns = (0..<Int.random(in: 0..<4, using: &random)).map { _ in pattern() }
            return .init(
                identity: identities.randomElement(using: &random) ?? "",
                operations: operations, fields: patterns)
        }
    }

    struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
    }

    @Test(arguments: 0..<40)
    func grantsExactlyWhatSomeRuleGrants(seed: Int) {
        var generator = Generator(random: SplitMix(state: UInt64(seed)))
        let rules = (0..<Int.random(in: 0..<8, using: &generator.random)).map { _ in generator.rule() }
        let policy = Policy(rules: rules)
        for identity in generator.identities + ["spiffe://fieldseal.local/party", ""] {
            let own = rules.filter { $0.identity == identity }
            for operation in PolicyOperation.allCases {
                let granting = own.filter { $0.operations.contains(operation) }
                #expect(policy.allows(identity: identity, operation: operation) == !granting.isEmpty)
                for table in generator.tables {
                    for column in generator.columns {
                        let expected =
                            operation.isOnFields
                            && granting.contains { $0.fields.contains { $0.matches(table: table, column: column) } }
                        let field = "\(table).\(column)"
                        #expect(policy.allows(identity: identity, operation: operation, field: field) == expected)
                        if expected { #expect(policy.allows(identity: identity, operation: operation)) }
                    }
                }
            }
        }
    }

    @Test(arguments: 0..<40)
    func addingARuleTakesNothingAway(seed: Int) {
        var generator = Generator(random: SplitMix(state: UInt64(seed)))
        let rules = (0..<4).map { _ in generator.rule() }
        let before = Policy(rules: rules)
        let after = Policy(rules: rules + [generator.rule()])
        for identity in generator.identities {
            let grant = before.grant(for: identity)
            #expect(after.grant(for: identity).operations.isSuperset(of: grant.operations))
            for table in generator.tables {
                for operation in PolicyOperation.allCases where grant.allows(operation, field: "\(table).email") {
                    #expect(after.allows(identity: identity, operation: operation, field: "\(table).email"))
                }
            }
        }
    }

    @Test func matchesByBytesAlone() {
        let grant = Policy(rules: [
            .init(identity: "spiffe://a/b", operations: [.decrypt], fields: [.field(table: "caf\u{e9}", column: "x")])
        ])
        #expect(grant.allows(identity: "spiffe://a/b", operation: .decrypt, field: "caf\u{e9}.x"))
        #expect(!grant.allows(identity: "spiffe://a/b", operation: .decrypt, field: "cafe\u{301}.x"))
        let kelvin = Policy(rules: [.init(identity: "spiffe://a/K", operations: [.status])])
        #expect(kelvin.allows(identity: "spiffe://a/K", operation: .status))
        #expect(!kelvin.allows(identity: "spiffe://a/\u{212a}", operation: .status))
        #expect(!kelvin.allows(identity: "spiffe://a/k", operation: .status))
    }

    @Test(arguments: ["", ".", "users", "users.", ".email", "*", "users.*", "*.email"])
    func grantsNothingOnWhatIsNoField(_ field: String) {
        let policy = Policy(rules: [
            .init(identity: "spiffe://a/b", operations: [.decrypt], fields: [.table("users"), .column("email")])
        ])
        let literal = field == "users.*" || field == "*.email"
        #expect(policy.allows(identity: "spiffe://a/b", operation: .decrypt, field: field) == literal)
    }

    @Test func wholeTablesAndKeysNeedWidePatterns() {
        let grant = Policy(rules: [
            .init(identity: "spiffe://a/b", operations: [.rotateKey], fields: [.table("users")]),
            .init(identity: "spiffe://a/b", operations: [.rotateKey], fields: [.field(table: "a", column: "b")]),
            .init(identity: "spiffe://a/c", operations: [.rotateKey], fields: [.all]),
        ])
        #expect(grant.grant(for: "spiffe://a/b").allows(.rotateKey, table: "users"))
        #expect(!grant.grant(for: "spiffe://a/b").allows(.rotateKey, table: "a"))
        #expect(!grant.grant(for: "spiffe://a/b").allowsOnAllFields(.rotateKey))
        #expect(grant.grant(for: "spiffe://a/c").allows(.rotateKey, table: "a"))
        #expect(grant.grant(for: "spiffe://a/c").allowsOnAllFields(.rotateKey))
    }

    @Test func anEmptyPolicyDeniesAll() {
        for operation in PolicyOperation.allCases {
            #expect(!Policy.denyAll.allows(identity: "spiffe://a/b", operation: operation))
            #expect(!Policy.denyAll.allows(identity: "spiffe://a/b", operation: operation, field: "a.b"))
        }
    }
}
