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
    /// Seals of the active key that the loop has taken ahead.
    @exclusivity(unchecked) private var slice = 0
    /// What the call at hand will seal under the active key.
    @exclusivity(unchecked) var sealsWanted = 0

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
            if active !== entry { dropActive() }
            active = entry
        } else {
            versions.removeAll { $0.material.version.rawValue == version }
            versions.append(entry)
        }
    }

    /// Takes what the call wants.
    /// - Parameter reserved: what was taken for it while it waited.
    /// - Returns: false where too few are left; nothing was taken then.
    @inline(__always)
    func takeSeals(reserved: ReservedSeals?) -> Bool {
        let used = min(sealsWanted, reserved?.count ?? 0)
        let wanted = sealsWanted - used
        if slice < wanted {
            guard let taken = active?.seals?.takeSlice(atLeast: wanted - slice) else { return false }
            slice += taken
        }
        slice -= wanted
        reserved?.use(used)
        return true
    }

    /// What the call took it does not use.
    func giveBackSeals() { active?.seals?.giveBack(sealsWanted) }

    /// The budget of the active key, where it has one.
    var seals: SealBudget? { active?.seals }

    func dropKeys() {
        dropActive()
        versions.removeAll(keepingCapacity: true)
    }

    private func dropActive() {
        active?.seals?.giveBack(slice)
        slice = 0
        active = nil
    }
}
