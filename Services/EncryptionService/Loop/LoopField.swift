import FieldsealAuditTrail

/// A field as one event loop sees it: its place in the loop's tables and the keys that the loop keeps at hand.
final class LoopField {
    /// Dense, from 0; the same for the loop's life.
    let number: Int
    /// "table.field".
    let name: String
    let handle: FieldHandle
    @exclusivity(unchecked) private var active: FieldKeyEntry?
    @exclusivity(unchecked) private var versions: [FieldKeyEntry] = []

    init(number: Int, name: String, handle: FieldHandle) {
        self.number = number
        self.name = name
        self.handle = handle
    }

    /// The key at hand; nil where the store has to be asked.
    /// - Parameter version: 0 for the active one.
    @inline(__always)
    func key(_ version: UInt64, at now: BootTime) -> FieldKeyEntry? {
        if version == 0 {
            guard let active, now < active.lifetime.expires else { return nil }
            return active
        }
        for entry in versions where entry.material.version.rawValue == version {
            return now < entry.lifetime.expires ? entry : nil
        }
        return nil
    }

    func keep(_ entry: FieldKeyEntry, as version: UInt64) {
        if version == 0 {
            active = entry
        } else {
            versions.removeAll { $0.material.version.rawValue == version }
            versions.append(entry)
        }
    }

    func dropKeys() {
        active = nil
        versions.removeAll(keepingCapacity: true)
    }
}
