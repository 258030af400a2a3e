/// The seals that the active keys of fields with random 96-bit nonces have left: those of a call are taken before any of
/// its values is sealed.
extension EncryptionHandler {
    /// Notes that a planned value will be sealed under the field's active key.
    @inline(__always)
    func willSeal(_ plan: inout PlannedItem, _ field: LoopField, under key: FieldKeyEntry) {
        guard key.seals != nil else { return }
        plan.takesSeal = true
        keys.willSeal(field)
    }

    /// Notes the same of a field whose key is missing.
    func willSeal(missing name: UnsafeRawBufferPointer) {
        if let name = FieldName.text(name), keys.mayLoad { missing.add(seals: 1, of: name) }
    }

    /// Takes the seals of all planned values, or notes what has to be leased first.
    /// - Returns: false where the call has to wait for seals or keys.
    @inline(__always)
    func takeSeals() -> Bool {
        guard missing.isEmpty else { return waitForSeals() }
        for (index, field) in keys.sealing.enumerated() where !keys.takeSeals(field) {
            guard !keys.mayLoad else {
                for taken in keys.sealing[..<index] { taken.giveBackSeals() }
                return waitForSeals()
            }
            refuseSeals(of: field)
        }
        return true
    }

    private func waitForSeals() -> Bool {
        for field in keys.sealing { missing.add(seals: field.sealsWanted, of: field.name) }
        return false
    }

    private func refuseSeals(of field: LoopField) {
        let failure = keys.sealFailure(field)
        for index in plans.indices where plans[index].takesSeal && plans[index].field === field {
            plans[index].failure = failure
        }
    }
}
