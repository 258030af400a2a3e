import FieldsealAlerts
import FieldsealServiceRuntime

/// Whether checkpoints are published as they should be. Pure: times are microseconds since 1970.
enum CheckpointLateness {
    /// A service that has just begun gets so long to publish.
    static let grace: Int64 = 60 * 1_000_000

    /// An alert where no checkpoint was published for longer than the rule allows, unless it was told of this one already.
    ///
    /// - Parameters:
    ///   - published: when the newest published checkpoint was; 0: none was ever.
    ///   - idleBeat: microseconds between two checkpoints while the log does not grow.
    ///   - begun: when this process began.
    ///   - told: `published` of the last such alert.
    static func alert(
        published: Int64, idleBeat: Int64, begun: Int64, now: Int64, told: Int64?,
        _ rule: SecurityRules.CheckpointNotCosigned
    ) -> Alert? {
        let limit = max(rule.minutes * 60 * 1_000_000, 2 * idleBeat)
        guard now - begun > grace, now - (published == 0 ? begun : published) > limit, told != published else {
            return nil
        }
        let minutes = (now - published) / 60_000_000
        return Alert(
            .checkpointNotCosigned, .critical,
            text: published == 0
                ? "No checkpoint of the audit log was ever published."
                : "No checkpoint of the audit log was published for \(minutes) minutes: it is not signed, or too few "
                    + "witnesses cosign it.")
    }
}
