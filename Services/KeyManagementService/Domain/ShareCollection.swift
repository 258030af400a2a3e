import FieldsealCrypto
import FieldsealCustody

/// Shares of one set that wait until there are enough. Each is forgotten a quarter of an hour after it was given.
struct ShareCollection: Sendable {
    static let lifetimeMicroseconds: Int64 = 15 * 60 * 1_000_000

    private struct Given {
        var share: Share
        var unixUs: Int64
    }

    private(set) var set: ShareSet?
    private var given: [UInt8: Given] = [:]

    var count: Int { given.count }

    /// Takes a share; a share of another set begins anew, the same number replaces the former.
    ///
    /// - Returns: once there are enough, all of them, and none is kept; nil before.
    mutating func add(_ share: Share, nowUnixUs now: Int64) -> [Share]? {
        expire(nowUnixUs: now)
        if set != share.set { forget() }
        set = share.set
        given[share.index] = Given(share: share, unixUs: now)
        guard given.count >= Int(share.set.threshold) else { return nil }
        let shares = given.values.map(\.share)
        forget()
        return shares
    }

    mutating func expire(nowUnixUs now: Int64) {
        // A clock that went back keeps nothing longer.
        given = given.filter { now >= $0.value.unixUs && now - $0.value.unixUs < Self.lifetimeMicroseconds }
        if given.isEmpty { set = nil }
    }

    mutating func forget() {
        given = [:]
        set = nil
    }
}
