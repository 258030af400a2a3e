import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured), .serialized) struct TwoYearsTests {
    @Test(arguments: [UInt64(7)]) func nothingIsMissedAndNothingIsLost(seed: UInt64) async throws {
        try await DatabaseServer.with { server in
            try await TestStore.with(databaseOn: server.conninfo) { store in
                let years = try await TwoYears(store, on: server, seed: seed)
                for _ in 0..<TwoYears.steps { try await years.advance() }
                for event in TwoYears.Event.allCases { #expect(years.happened[event, default: 0] > 2, "\(event)") }
                try await years.checkNothingIsLate()
                try await years.judge()
                _ = try await years.replica()
            }
        }
    }
}
