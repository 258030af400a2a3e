import FieldsealHTTP
import FieldsealTransparencyLog
import FieldsealWitness
import Foundation
import Testing

@Suite struct WitnessServerTests {
    @Test func aLogIsCosignedAndRememberedOverARestart() async throws {
        let bench = try WitnessBench(time: 1_234)
        try await bench.serve { url in
            for (old, size) in [(0, 3), (3, 8)] {
                let request = try bench.request(old: UInt64(old), size: size)
                let answer = try await bench.post(request.encoded, to: url + "/add-checkpoint")
                #expect(answer.status == 200)
                let signatures = try request.cosignatures(in: answer.body.bytes, of: [bench.signer.verifier])
                #expect(signatures.count == 1)
                #expect(signatures.first.flatMap { Cosignature($0.bytes) }?.timestamp == 1_234)
            }
        }
        try await bench.serve { url in
            let stale = try await bench.post(
                try bench.request(old: 0, size: 9).encoded, to: url + "/add-checkpoint")
            #expect(stale.status == 409 && stale.body.bytes == Array("8\n".utf8))
            #expect(stale.header("Content-Type") == "text/x.tlog.size")
            let fork = try bench.request(old: 8, size: 9, fork: 2)
            #expect(try await bench.post(fork.encoded, to: url + "/add-checkpoint").status == 422)
            let other = try await bench.post(
                try bench.request(old: 8, size: 8, fork: 2).encoded, to: url + "/add-checkpoint")
            #expect(other.status == 409)
            let next = try bench.request(old: 8, size: 9)
            #expect(try await bench.post(next.encoded, to: url + "/add-checkpoint").status == 200)
        }
    }

    @Test func otherRequestsAreRefused() async throws {
        let bench = try WitnessBench()
        try await bench.serve { url in
            #expect(try await bench.post([1], to: url + "/add-checkpoint").status == 400)
            #expect(try await bench.post([1], to: url + "/add-checkpoints").status == 404)
            let get = HTTPRequest(.get, url + "/add-checkpoint")
            let answer = try await bench.caller().send(get, timeout: .seconds(20), maximumCount: 100)
            #expect(answer.status == 405)
            let long = [UInt8](repeating: 0x20, count: WitnessLedger.maximumRequest + 1)
            #expect(try await bench.post(long, to: url + "/add-checkpoint").status == 413)
        }
    }

    @Test func oneOfTwoRequestsForTheSameStepIsRefused() async throws {
        let bench = try WitnessBench()
        try await bench.serve { url in
            let statuses = try await withThrowingTaskGroup { group in
                for size in 1...8 {
                    group.addTask {
                        try await bench.post(
                            try bench.request(old: 0, size: size).encoded, to: url + "/add-checkpoint"
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200] + [Int](repeating: 409, count: 7))
        }
    }

    @Test func aStateThatCannotBeWrittenStopsTheWitness() async throws {
        let bench = try WitnessBench()
        // In the place of the file that is written first.
        try FileManager.default.createDirectory(atPath: bench.state + ".new", withIntermediateDirectories: true)
        await #expect(throws: WitnessStateError.self) {
            try await bench.serve { url in
                let answer = try await bench.post(
                    try bench.request(old: 0, size: 3).encoded, to: url + "/add-checkpoint")
                #expect(answer.status == 500)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: bench.state))
    }
}
