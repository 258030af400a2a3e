import FieldsealCrypto
import FieldsealPostgres
import Testing

@testable import KeyManagementService

extension TwoYears {
    private static let day = RotationPolicy.day

    /// Nothing is late, every key has its one active version, and what was handed out opens to the same key for as long as
    /// it is not retired.
    func check() async throws {
        try await checkNothingIsLate()
        let active = try await observer.pool.query(
            "SELECT count(*) AS n FROM encryption_keys WHERE is_active GROUP BY key_type, key_id")
        #expect(active.count == 50 + 100 + 3)
        for field in fields.shuffled(using: &random).prefix(6) {
            for named in try await observer.key(named: "\(field)", version: nil).versions
            where named.record.state.isGranted {
                let grant = try await observer.grant(field, version: named.record.version, to: recipient)
                let key = try recipient.open(grant)
                if let known = keys[named.record.version] { #expect(known == key) }
                keys[named.record.version] = key
            }
        }
    }

    func checkNothingIsLate() async throws {
        let late = try await observer.schedule(of: "").entries.filter { $0.entry.isLate(atUnixUs: clock.now) }
        #expect(late.isEmpty, "\(late.first.map { "\($0.entry.action) of \($0.name)" } ?? "")")
    }

    /// The tombstones tell the whole history.
    func judge() async throws {
        let all = try await observer.read { try await $0.keys("true", limit: 1_000_000) }
        let slow = Set(try await observer.catalog().catalog.fields.filter { $0.name == "slow" }.map(\.id))
        for (object, records) in Dictionary(grouping: all, by: \.object) where object.kind.isRotatable {
            let sorted = records.sorted { $0.rotationCount < $1.rotationCount }
            #expect(sorted.map { Int($0.rotationCount) } == Array(0..<sorted.count))
            #expect(sorted.last?.state == .active && sorted.dropLast().allSatisfy { $0.state != .active })
            try judge(sorted.dropLast(), isSlow: slow.contains(object.id))
        }
        #expect(Set(all.map(\.version)).count == all.count)
        #expect(all.filter { $0.state == .destroyed }.count > 1_000)
        let failures = try await observer.pool.query("SELECT FROM alerts WHERE kind = 'rotation-failed'")
        #expect(failures.isEmpty)
    }

    /// - Parameter superseded: of one key.
    private func judge(_ superseded: some Collection<KeyRecord>, isSlow: Bool) throws {
        guard let kind = superseded.first?.object.kind else { return }
        let life: Int64 =
            switch kind {
            case .master: 365
            case .dek: 90
            default: isSlow ? 180 : 30
            }
        let window: Int64 = isSlow ? 10 : 30
        let outage = Int64(Self.outages.map(\.count).max() ?? 0) * Self.day
        #expect(superseded.count >= 2 * 365 / life - 1)
        for record in superseded {
            let left = try #require(record.deactivatedUnixUs)
            let expiry = record.createdUnixUs + life * Self.day
            // At the first step at which it might be, if not before.
            #expect(left <= worked.first { $0 >= expiry } ?? 0, "\(kind) was rotated late")
            #expect(left >= expiry - life * Self.day / 10 - Self.day)
            guard record.state == .destroyed else {
                // Window, a month until the next count, the waiting period, backups.
                #expect(clock.now - left <= (window + 15 + 30 + 15 + 14 + 4) * Self.day + outage, "\(record.state)")
                continue
            }
            #expect(record.encryptedKey.isEmpty)
            #expect(record.stateUnixUs - left >= (window + 30) * Self.day)
            #expect(announced.contains(record.version.rawValue))
        }
    }
}
