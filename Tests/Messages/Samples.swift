import FieldsealMessages

/// Messages that between them use every kind of field.
enum Samples {
    static let encrypt = Proto.EncryptRequest(
        items: [
            Proto.EncryptItem(
                field: "users.email", plaintext: Array("ada@example.org".utf8),
                recordID: Proto.RecordID(columns: [
                    Proto.KeyColumn(value: .integer(-42)), Proto.KeyColumn(value: .text("schlüssel")),
                    Proto.KeyColumn(value: .uuid([UInt8](repeating: 7, count: 16))),
                    Proto.KeyColumn(value: .binary([])),
                    Proto.KeyColumn(value: .date(-1)), Proto.KeyColumn(value: nil),
                ]),
                context: [1, 2, 3], indexes: ["exact", "prefix"], subject: Array("ada".utf8)),
            Proto.EncryptItem(),
            Proto.EncryptItem(field: "users.email", recordID: Proto.RecordID(), context: []),
        ],
        encoding: .text)

    static let decrypt = Proto.DecryptRequest(
        items: [
            Proto.DecryptItem(field: "a.b", ciphertext: [0xF5, 0, 1]),
            Proto.DecryptItem(
                field: "a.b", ciphertext: [UInt8](repeating: 1, count: 300),
                recordID: Proto.RecordID(columns: [Proto.KeyColumn(value: .integer(.max))]), context: [9]),
        ],
        encoding: .binary)

    static let blindIndex = Proto.BlindIndexRequest(items: [
        Proto.BlindIndexItem(field: "a.b", plaintext: [1], indexes: ["x", "", "z"]),
        Proto.BlindIndexItem(field: "a.c"),
    ])

    static let event = Proto.Event(
        sequence: .max, firstUnixUs: -1, actor: "spiffe://x/y", actorUnverified: true, operation: .decrypt,
        keyVersion: 0xFEDC_BA98_7654_3210, outcome: -7, count: 12, recordHashes: [UInt8](repeating: 3, count: 32))

    static let query = Proto.QueryRequest(
        actor: "a", operations: [.encrypt, .queryAudit], outcome: .code, outcomeCode: 7, pageSize: 100,
        newestFirst: true)

    static let envelope = Proto.TTRPC.Response(
        status: Proto.TTRPC.Status(
            code: 3, message: "no", details: [Proto.TTRPC.AnyValue(typeURL: "t", value: [0])]), payload: [1])

    static let all: [any ProtoMessage] = [
        encrypt, decrypt, blindIndex, event, query, envelope, Proto.GetCatalogRequest(),
        Proto.HealthCheckResponse(status: .serving),
        Proto.DecryptResult(outcome: .error(Proto.ItemError(code: 3, message: "ciphertext rejected"))),
        Proto.DecryptResult(outcome: .plaintext([])), Proto.DecryptResult(),
    ]
}
