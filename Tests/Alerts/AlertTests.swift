import FieldsealAlerts
import Testing

@Suite struct AlertTests {
    @Test func severitiesHaveAnOrder() {
        #expect(Alert.Severity.info < .warning)
        #expect(Alert.Severity.warning < .critical)
    }

    @Test func kindsAreWordsThatRulesCanName() {
        for kind in Alert.Kind.allCases {
            #expect(kind.rawValue.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D })
        }
    }
}
