import FieldsealCrypto
import FieldsealServiceRuntime

extension SealLimits {
    /// What happens to a field whose versions are spent too soon.
    private enum Exhaustion: String, CaseIterable {
        case extendedNonces = "xaes-256-gcm"
        case stay
    }

    /// The section `lease`: seals of one version. The limits can be lower than the standard's, never higher.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let standard = SealLimits()
        refusal = Int64(
            try section.integer("refuse-at", default: Int(standard.refusal), in: 1_024...Int(standard.refusal)))
        let most = min(standard.rotation, refusal / 2)
        rotation = Int64(try section.integer("rotate-at", default: Int(most), in: 512...Int(most)))
        // So few that several services have their part of a version before it is rotated.
        largestLease = min(standard.largestLease, rotation / 16)
        let exhaustion: Exhaustion = try section.choice("exhaustion-suite", default: .extendedNonces)
        exhaustionSuite = exhaustion == .stay ? nil : .xaes256GCM
    }
}
