import FieldsealServiceRuntime

/// The section `master-key`: who keeps the master key, and how often its recovery is drilled.
///
/// Either one custodian, whose keys stand in the section itself and whose name is its provider's, or a list
/// `custodians`, each with a `name`.
struct MasterKeySettings: Sendable {
    let custodians: Custodians
    let drillDays: Int64

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let entries = try section.sections("custodians")
        var custodians: [Custodian] = []
        for entry in entries {
            let name = try entry.required("name")
            guard Custodian.isName(name.text) else { throw name.error(Custodian.nameRule) }
            guard !custodians.contains(where: { $0.name == name.text }) else {
                throw name.error("is the name of another custodian, too")
            }
            let provider = try entry.masterKeyProvider()
            custodians.append(Custodian(name: name.text, provider: provider))
        }
        if entries.isEmpty {
            let provider = try section.masterKeyProvider()
            custodians = [Custodian(name: provider.name, provider: provider)]
        }
        self.custodians = Custodians(custodians)
        drillDays = Int64(try section.integer("drill-days", default: 30, in: 1...365))
    }
}
