import FieldsealMessages

/// Keeps months of the log from being archived.
struct LegalHold: Hashable, Sendable {
    static let maximumName = 64
    static let maximumReason = 1_000
    /// What a hold without an end ends with.
    static let lastMonth = LogMonth(unixMicroseconds: .max)

    let name: String
    let months: ClosedRange<LogMonth>
    let reason: String

    /// - Throws: `malformed`.
    init(_ request: Proto.PlaceHoldRequest) throws(AuditServiceError) {
        guard Self.isName(request.name), let first = LogMonth(request.firstMonth),
            let last = request.lastMonth.isEmpty ? Self.lastMonth : LogMonth(request.lastMonth), first <= last,
            Self.isReason(request.reason)
        else { throw .malformed }
        (name, months, reason) = (request.name, first...last, request.reason)
    }

    static func isName(_ name: String) -> Bool {
        (1...maximumName).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    static func isReason(_ reason: String) -> Bool {
        (1...maximumReason).contains(reason.utf8.count) && !reason.utf8.contains(0)
    }
}

/// Ends a hold.
struct HoldRelease: Hashable, Sendable {
    let name: String
    let reason: String

    /// - Throws: `malformed`.
    init(_ request: Proto.ReleaseHoldRequest) throws(AuditServiceError) {
        guard LegalHold.isName(request.name), LegalHold.isReason(request.reason) else { throw .malformed }
        (name, reason) = (request.name, request.reason)
    }
}
