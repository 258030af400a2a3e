import FieldsealCrypto
import Testing

@testable import KeyManagementService

@Suite struct BackupContentTests {
    private let items: [BackupContent.Item] = [
        .table(name: "a", columns: [.init(name: "id", type: "uuid"), .init(name: "ü", type: "bytea")]),
        .row([[1, 2], nil]), .row([[], [UInt8](repeating: 3, count: 300)]), .end(rows: 2),
        .table(name: "b", columns: [.init(name: "x", type: "text")]), .end(rows: 0),
    ]

    private var encoded: [UInt8] {
        BackupContent.encodedBeginning(tables: 2) + items.flatMap(BackupContent.encoded)
    }

    @Test(arguments: [1, 2, 7, 100, 10_000]) func contentIsReadInPiecesOfAnySize(size: Int) throws {
        var reader = BackupContentReader()
        var read: [BackupContent.Item] = []
        for start in stride(from: 0, to: encoded.count, by: size) {
            #expect(!reader.isComplete)
            reader.append(Array(encoded[start..<min(encoded.count, start + size)]))
            while let item = try reader.next() { read.append(item) }
        }
        #expect(read == items)
        #expect(reader.isComplete)
    }

    @Test func whatIsCutOffIsIncompleteAndWhatFollowsIsRefused() throws {
        for count in 0..<encoded.count {
            var reader = BackupContentReader()
            reader.append(Array(encoded.prefix(count)))
            while try reader.next() != nil {}
            #expect(!reader.isComplete, "\(count)")
        }
        #expect(throws: BackupError.misshapen) {
            var reader = BackupContentReader()
            reader.append(encoded + [0])
            while try reader.next() != nil {}
        }
    }

    @Test func nothingThatIsReadCanStopTheProcess() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            var bytes = encoded
            for _ in 0..<Int.random(in: 1...4) {
                bytes[Int.random(in: bytes.indices)] = .random(in: 0...255, using: &generator)
            }
            var reader = BackupContentReader()
            reader.append(bytes)
            do { while try reader.next() != nil {} } catch { #expect(error == .misshapen) }
        }
    }

    @Test func aHeaderComesBackAndNoOtherLengthDoes() throws {
        let header = BackupHeader(
            state: StoreRevision(storeID: .random(), revision: 7, head: [UInt8](repeating: 1, count: 32)),
            createdUnixUs: 5, id: .random(), keyVersion: .random(), algorithm: "x", wrappedKey: [1, 2, 3])
        let encoded = header.encoded
        let prefix = Array(encoded.prefix(BackupHeader.prefixCount))
        let body = Array(encoded.dropFirst(BackupHeader.prefixCount))
        #expect(try BackupHeader.bodyCount(of: prefix) == body.count)
        #expect(try BackupHeader(body: body) == header)
        for count in 0..<body.count {
            #expect(throws: BackupError.notOne) { try BackupHeader(body: Array(body.prefix(count))) }
        }
        #expect(throws: BackupError.notOne) { try BackupHeader(body: body + [0]) }
        var newer = prefix
        newer[BackupHeader.magic.count] = 2
        #expect { _ = try BackupHeader.bodyCount(of: newer) } throws: {
            ($0 as? BackupError)?.description.contains("another version") == true
        }
    }
}
