import Testing

@testable import EncryptionService

@Suite struct SingleFlightTests {
    @Test func aThousandMissesMakeOneLoad() {
        var flights = SingleFlight<String, Int>(flightLimit: 4, waiterLimit: 10_000)
        #expect(flights.join("users.email", waiter: 0) == .start)
        for waiter in 1..<1_000 {
            #expect(flights.join("users.email", waiter: waiter) == .join)
        }
        #expect(flights.underWay == 1)
        #expect(flights.land("users.email") == Array(0..<1_000))
        #expect(flights.waiting == 0)
        #expect(flights.join("users.email", waiter: 7) == .start)
    }

    @Test func differentKeysFlyApart() {
        var flights = SingleFlight<String, Int>(flightLimit: 4, waiterLimit: 10)
        #expect(flights.join("a.b", waiter: 1) == .start)
        #expect(flights.join("a.c", waiter: 2) == .start)
        #expect(flights.land("a.b") == [1])
        #expect(flights.land("a.c") == [2])
    }

    @Test func refusesOverItsLimitsAndNotesNothing() {
        var flights = SingleFlight<String, Int>(flightLimit: 1, waiterLimit: 2)
        #expect(flights.join("a.b", waiter: 1) == .start)
        #expect(flights.join("a.c", waiter: 2) == .refuse)
        #expect(flights.join("a.b", waiter: 3) == .join)
        #expect(flights.join("a.b", waiter: 4) == .refuse)
        #expect(flights.land("a.b") == [1, 3])
        #expect(flights.land("a.c").isEmpty)
    }

    @Test func aRefreshIsJoinedByWhoMissesMeanwhile() {
        var flights = SingleFlight<String, Int>(flightLimit: 2, waiterLimit: 2)
        #expect(flights.startUnattended("a.b") == true)
        #expect(flights.startUnattended("a.b") == false)
        #expect(flights.join("a.b", waiter: 5) == .join)
        #expect(flights.land("a.b") == [5])
        #expect(flights.underWay == 0)
    }
}
