import FieldsealMessages
import FieldsealRPC
import Testing

@testable import EncryptionService

@Suite struct AuditTests {
    @Test func everyItemIsRecordedWithItsRecordHash() async throws {
        try await HandlerBench.run { bench in
            let version = bench.source.addField("users.email")
            let items = (0..<10).map {
                Proto.EncryptItem(field: "users.email", plaintext: [1], recordID: .integer(Int64($0)))
            }
            let sealed = try await bench.encrypt(items)
            let events = await bench.events(of: .encrypt, items: 10)
            #expect(events.map(\.count) == [10])
            #expect(events.first?.table == "users")
            #expect(events.first?.field == "email")
            #expect(events.first?.keyVersion == version)
            #expect(events.first?.hashKeyVersion == 7)
            let hashes = Set(events.first.map { $0.recordHashes.chunks(of: 16) } ?? [])
            #expect(hashes.count == 10)

            _ = try await bench.decrypt([
                Proto.DecryptItem(
                    field: "users.email", ciphertext: sealed[3].ciphertext ?? [], recordID: .integer(3)),
                Proto.DecryptItem(field: "users.email", ciphertext: [1, 2, 3]),
            ])
            let opened = await bench.events(of: .decrypt, items: 2)
            #expect(Set(opened.map(\.cause)) == ["", "form"])
            let hash: [UInt8] = opened.first(where: { $0.outcome == 0 })?.recordHashes ?? []
            #expect(hashes.contains(hash))
        }
    }

    @Test func anOutageIsRecordedAndFailsTheItemsAlone() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email")
            bench.source.setOutage(.keysUnavailable)
            let results = try await bench.encrypt([Proto.EncryptItem(field: "users.email", plaintext: [1])])
            #expect(results.first?.error == Proto.ItemError(.keysUnavailable))
            let events = await bench.events(of: .encrypt, items: 1)
            #expect(events.first?.cause == "keys-unavailable")
        }
    }

    @Test func failsClosedWhenKeysEndDuringAnOutage() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email")
            let item = Proto.EncryptItem(field: "users.email", plaintext: [1])
            let first = try await bench.encrypt([item])
            #expect(first.first?.ciphertext != nil)
            bench.source.setOutage(.keysUnavailable)
            bench.clock.advance(seconds: 299)
            let second = try await bench.encrypt([item])
            #expect(second.first?.ciphertext != nil)
            bench.clock.advance(seconds: 1)
            let third = try await bench.encrypt([item])
            #expect(third.first?.error == Proto.ItemError(.keysUnavailable))
            bench.source.setOutage(nil)
            let fourth = try await bench.encrypt([item])
            #expect(fourth.first?.ciphertext != nil)
        }
    }

    @Test func aRetiredVersionIsAFailedPrecondition() async throws {
        try await HandlerBench.run { bench in
            let first = bench.source.addField("users.email")
            let sealed = try await bench.sealed(Proto.EncryptItem(field: "users.email", plaintext: [1]))
            bench.source.rotate("users.email")
            bench.source.refuse("users.email", version: first, as: .versionRetired)
            bench.store.remove(KeySelector(field: "users.email", version: first))
            let results = try await bench.decrypt([Proto.DecryptItem(field: "users.email", ciphertext: sealed)])
            #expect(results.first?.error?.code == RPCCode.failedPrecondition.rawValue)
        }
    }

    /// Also by a process that knows nothing of the field yet.
    @Test(arguments: [
        (ItemFailure.versionRetired, true), (.versionCompromised, true), (.versionDestroyed, true),
        (.versionUnknown, false),
    ])
    func aVersionThatIsThereAndNotGivenIsNamed(failure: ItemFailure, isNamed: Bool) async throws {
        try await HandlerBench.run { other in
            let sealedUnder = other.source.addField("users.email")
            let sealed = try await other.sealed(Proto.EncryptItem(field: "users.email", plaintext: [1]))
            try await HandlerBench.run { bench in
                let version = bench.source.addField("users.email")
                let ciphertext = Array(sealed.replacing(sealedUnder.bytes, with: version.bytes))
                #expect(ciphertext != sealed)
                bench.source.refuse("users.email", version: version, as: failure)
                let results = try await bench.decrypt([Proto.DecryptItem(field: "users.email", ciphertext: ciphertext)])
                #expect(results.first?.error == Proto.ItemError(failure))
                let event = try #require(await bench.events(of: .decrypt, items: 1).first)
                #expect(event.outcome == failure.code.rawValue && event.cause == failure.cause)
                #expect(event.keyVersion == (isNamed ? version : 0))
                #expect("\(event.table).\(event.field)" == (isNamed ? "users.email" : "."))
            }
        }
    }

    @Test func aMalformedRequestIsRefusedAndRecorded() async throws {
        try await HandlerBench.run { bench in
            struct Broken: ProtoMessage {
                init() {}
                init(decoding: UnsafeRawBufferPointer, limit: Int) throws(MessageError) {}
                func encoded() -> [UInt8] { [0x0A, 0x7F, 0x01] }
            }
            for method in EncryptionMethod.allCases {
                await #expect(throws: RPCStatus.self) {
                    let _: Proto.EncryptResponse = try await bench.call(method, Broken())
                }
                let results = await bench.events(
                    of: Proto.Operation(rawValue: method.audited.rawValue) ?? .connect, items: 1)
                #expect(results.first?.cause == "request")
            }
        }
    }
}

extension UInt64 {
    /// As a ciphertext's header has a version.
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

extension [UInt8] {
    fileprivate func chunks(of count: Int) -> [[UInt8]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
