import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import Synchronization

/// An encryption service that protects nothing and binds as the real one does.
final class FakeService: Sendable {
    let transport: RecordingTransport

    /// - Parameter fields: what the catalog says of them.
    init(_ fields: [Proto.FieldDescription] = []) {
        let known = Dictionary(uniqueKeysWithValues: fields.map { ($0.field, $0) })
        transport = RecordingTransport { call throws(RPCStatus) in
            do {
                return [try Self.answer(call, known).encoded()]
            } catch {
                throw error as? RPCStatus ?? .internal("malformed")
            }
        }
    }

    var client: FieldsealClient { FieldsealClient(encryption: transport, keys: nil, audit: nil) }
    var methods: [String] { transport.calls.map(\.method) }

    private static func answer(
        _ call: RecordingTransport.Call, _ known: [String: Proto.FieldDescription]
    ) throws -> any ProtoMessage {
        switch call.method {
        case "Encrypt":
            let request = try Proto.EncryptRequest(decoding: call.payload)
            return Proto.EncryptResponse(
                results: request.items.map { item in
                    let bound = Proto.DecryptItem(field: item.field, recordID: item.recordID, context: item.context)
                    let sealed = seal(item.plaintext, bound.encoded())
                    return Proto.EncryptResult(
                        outcome: .ciphertext(request.encoding == .text ? text(sealed) : sealed),
                        indexes: item.indexes.map { index(item.field, $0, item.plaintext) })
                })
        case "Decrypt":
            let request = try Proto.DecryptRequest(decoding: call.payload)
            return Proto.DecryptResponse(
                results: request.items.map { item in
                    let bound = Proto.DecryptItem(field: item.field, recordID: item.recordID, context: item.context)
                    let sealed = request.encoding == .text ? binary(item.ciphertext) : item.ciphertext
                    guard let plaintext = open(sealed, bound.encoded()) else {
                        return .init(outcome: .error(.init(code: 3, message: "ciphertext rejected")))
                    }
                    return .init(outcome: .plaintext(plaintext))
                })
        case "BlindIndex":
            let request = try Proto.BlindIndexRequest(decoding: call.payload)
            return Proto.BlindIndexResponse(
                results: request.items.map { item in
                    .init(indexes: item.indexes.map { index(item.field, $0, item.plaintext) })
                })
        case "DescribeField":
            let request = try Proto.DescribeFieldRequest(decoding: call.payload)
            return Proto.DescribeFieldResponse(
                results: request.fields.map { name in
                    known[name].map { .init(outcome: .description($0)) }
                        ?? .init(outcome: .error(.init(code: 5, message: "field is not in the catalog")))
                })
        default: throw RPCStatus.unknownMethod
        }
    }

    private static let header: [UInt8] = [0xF5, 1] + [UInt8](repeating: 0, count: 26)

    static func seal(_ plaintext: [UInt8], _ bound: [UInt8]) -> [UInt8] {
        header + [UInt8(bound.count)] + bound + plaintext.map { $0 ^ 0x5A }
    }

    private static func open(_ sealed: [UInt8], _ bound: [UInt8]) -> [UInt8]? {
        let start = header + [UInt8(bound.count)] + bound
        return sealed.starts(with: start) ? sealed.dropFirst(start.count).map { $0 ^ 0x5A } : nil
    }

    private static func text(_ bytes: [UInt8]) -> [UInt8] {
        Array("fs1:".utf8) + bytes.flatMap { Array((($0 < 16 ? "0" : "") + String($0, radix: 16)).utf8) }
    }

    private static func binary(_ text: [UInt8]) -> [UInt8] {
        let digits = String(decoding: text.dropFirst(4), as: UTF8.self)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { at in
            let start = digits.index(digits.startIndex, offsetBy: at)
            return UInt8(digits[start...digits.index(after: start)], radix: 16)
        }
    }

    static func index(_ field: String, _ name: String, _ value: [UInt8]) -> [UInt8] {
        var sum: UInt64 = 14_695_981_039_346_656_037
        for byte in Array("\(field)/\(name)/".utf8) + value { sum = (sum ^ UInt64(byte)) &* 1_099_511_628_211 }
        return withUnsafeBytes(of: sum.bigEndian) { Array($0) }
    }
}
