import Testing

@testable import KeyManagementService

@Suite struct KeyStateTests {
    /// Every edge of the specification; what is not here does not exist.
    static let edges: [(KeyState, KeyState.Event, KeyState)] = [
        (.pending, .activated, .active),
        (.pending, .destroyed, .destroyed),
        (.pending, .compromised, .compromised),
        (.active, .superseded, .transition),
        (.active, .compromised, .compromised),
        (.transition, .windowClosed, .retired),
        (.transition, .rolledBack(exhausted: false), .active),
        (.transition, .compromised, .compromised),
        (.retired, .restored, .transition),
        (.retired, .destroyed, .destroyed),
        (.retired, .compromised, .compromised),
        (.compromised, .destroyed, .destroyed),
    ]

    @Test func onlyTheEdgesOfTheSpecificationExist() {
        for state in KeyState.allCases {
            for event in KeyState.Event.allCases {
                let expected = Self.edges.first { $0.0 == state && $0.1 == event }?.2
                #expect(state.after(event) == expected, "\(state) \(event)")
            }
        }
    }

    @Test func destroyedIsTheEnd() {
        #expect(KeyState.Event.allCases.allSatisfy { KeyState.destroyed.after($0) == nil })
    }

    @Test func compromisedNeverServesAgain() {
        var reached: Set<KeyState> = [.compromised]
        var before = Set<KeyState>()
        while before != reached {
            before = reached
            for state in before { reached.formUnion(KeyState.Event.allCases.compactMap(state.after)) }
        }
        #expect(reached == [.compromised, .destroyed])
    }

    @Test func anExhaustedVersionIsNotRolledBackTo() {
        #expect(KeyState.transition.after(.rolledBack(exhausted: true)) == nil)
    }

    @Test func onlyActiveAndTransitionAreGranted() {
        #expect(KeyState.allCases.filter(\.isGranted) == [.active, .transition])
    }
}
