import FieldsealCrypto

@testable import KeyManagementService

/// What must be true of a store's keys, whatever was done to them and by whom; kept beside the store by a test.
struct KeyModel {
    struct Version {
        var object: KeyObject
        var state: KeyState
        var sinceUnixUs: Int64
        /// When it last stopped being the active one.
        var leftActiveUnixUs: Int64?
        var isMarked = false
        /// An administrator does not want it destroyed by schedule.
        var isKept = false
        /// Of a field's key: as it was first granted.
        var bytes: [UInt8]?
    }

    /// A row as it stands in the database.
    struct Row {
        var version: KeyVersion
        var object: KeyObject
        var state: KeyState
        var isEmpty: Bool
    }

    struct Broken: Error, CustomStringConvertible { var description: String }

    private(set) var versions: [KeyVersion: Version] = [:]
    /// In the order in which they were made.
    private(set) var order: [KeyVersion] = []

    static func require(_ holds: Bool, _ text: @autoclosure () -> String) throws {
        guard holds else { throw Broken(description: text()) }
    }

    private static let edges: [KeyState: Set<KeyState>] = [
        .active: [.transition, .compromised], .transition: [.active, .retired, .compromised],
        .retired: [.transition, .compromised, .destroyed], .compromised: [.destroyed],
    ]

    func active(_ object: KeyObject) -> KeyVersion? {
        order.last { versions[$0]?.object == object && versions[$0]?.state == .active }
    }

    func state(_ version: KeyVersion) -> KeyState? { versions[version]?.state }

    func all(where isWanted: (Version) -> Bool) -> [KeyVersion] {
        order.filter { versions[$0].map(isWanted) ?? false }
    }

    /// The one that a rollback brings back.
    func newestInTransition(_ object: KeyObject) -> KeyVersion? {
        // Of several that were superseded at one time, the one that was made last.
        all { $0.object == object && $0.state == .transition }.reversed()
            .max { (versions[$0]?.leftActiveUnixUs ?? 0) < (versions[$1]?.leftActiveUnixUs ?? 0) }
    }

    mutating func make(_ version: KeyVersion, of object: KeyObject, at now: Int64) throws {
        try Self.require(versions[version] == nil, "version \(version) was issued twice")
        try Self.require(active(object) == nil, "\(object.kind) has two active versions")
        versions[version] = Version(object: object, state: .active, sinceUnixUs: now)
        order.append(version)
    }

    mutating func move(_ version: KeyVersion, to state: KeyState, at now: Int64) throws {
        guard var known = versions[version] else { throw Broken(description: "version \(version) is unknown") }
        try Self.require(
            Self.edges[known.state]?.contains(state) ?? false, "\(version) went from \(known.state) to \(state)")
        if known.state == .active { known.leftActiveUnixUs = now }
        known.state = state
        known.sinceUnixUs = now
        if state == .compromised { known.isMarked = true }
        versions[version] = known
    }

    mutating func rotate(_ object: KeyObject, to version: KeyVersion, at now: Int64) throws {
        if let old = active(object) { try move(old, to: .transition, at: now) }
        try make(version, of: object, at: now)
    }

    /// A destroyed version only gets the mark.
    mutating func mark(_ version: KeyVersion, at now: Int64) throws {
        try Self.require(versions[version]?.isMarked == false, "\(version) was marked twice")
        guard state(version) == .destroyed else { return try move(version, to: .compromised, at: now) }
        versions[version]?.isMarked = true
    }

    mutating func keep(_ version: KeyVersion, _ isKept: Bool) { versions[version]?.isKept = isKept }

    mutating func remember(_ bytes: [UInt8], of version: KeyVersion) throws {
        try Self.require(
            !versions.values.contains { $0.bytes == bytes }, "\(version) has the key of another version")
        versions[version]?.bytes = bytes
    }

    /// Who changed the store without the model being told.
    enum Author {
        /// Calls that raced.
        case calls
        case schedule
        /// A call of any kind whose answer was lost.
        case unanswered
    }

    /// Takes over what was done, where all of it is allowed to its author.
    ///
    /// - Returns: the keys of which a version went into another state.
    mutating func absorb(
        _ rows: [Row], by author: Author, waitingDays: Int32, at now: Int64
    ) throws -> Set<KeyObject> {
        var moved: Set<KeyObject> = []
        for row in rows {
            guard let known = versions[row.version], known.state != row.state else { continue }
            moved.insert(known.object)
            try move(row.version, to: row.state, at: now)
            // Superseded.
            if author == .unanswered || known.state == .active { continue }
            try Self.require(
                author == .schedule && [.retired, .destroyed].contains(row.state),
                "nobody moved \(row.version) to \(row.state)")
            guard row.state == .destroyed else { continue }
            try Self.require(!known.isKept, "\(row.version) was destroyed against an order")
            try Self.require(
                now - known.sinceUnixUs >= Int64(waitingDays) * RotationPolicy.day, "\(row.version) was destroyed early"
            )
        }
        for row in rows where versions[row.version] == nil {
            if row.state == .active {
                try make(row.version, of: row.object, at: now)
            } else {
                // Made and superseded by calls that raced.
                try Self.require(row.state == .transition, "\(row.version) was made \(row.state)")
                versions[row.version] = Version(
                    object: row.object, state: .transition, sinceUnixUs: now, leftActiveUnixUs: now)
                order.append(row.version)
            }
        }
        return moved
    }

    func check(_ rows: [Row]) throws {
        try Self.require(rows.count == versions.count, "\(rows.count) rows, \(versions.count) versions")
        var active: [KeyObject: Int] = [:]
        for row in rows {
            let known = versions[row.version]
            try Self.require(known?.object == row.object, "\(row.version) is of another key")
            try Self.require(
                known?.state == row.state, "\(row.version) is \(row.state), not \(known?.state.rawValue ?? "there")")
            active[row.object, default: 0] += row.state == .active ? 1 : 0
            let isEmpty = row.state == .destroyed || row.object.kind == .master
            try Self.require(row.isEmpty == isEmpty, "\(row.version), \(row.state), is empty: \(row.isEmpty)")
        }
        for (object, count) in active {
            try Self.require(count == 1, "\(object.kind) has \(count) active versions")
        }
    }
}

/// SplitMix64: the same numbers from the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
