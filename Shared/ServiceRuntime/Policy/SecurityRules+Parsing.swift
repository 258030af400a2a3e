internal import FieldsealRPC

extension SecurityRules {
    /// Reads the section. Each rule is a mapping of its keys, those left out having their defaults, or `off`.
    init(_ node: ConfigurationNode) throws(ConfigurationError) {
        let rules = try node.mapping(allowed: [
            "failed-decrypts", "first-seen-actor", "revoked-key-used", "unusual-volume", "denied-administration",
            "log-gap", "checkpoint-not-cosigned",
        ])
        if let rule = rules["failed-decrypts"] {
            failedDecrypts = try rule.rule(["count", "minutes", "except"]) { (keys) throws(ConfigurationError) in
                var rule = FailedDecrypts()
                try keys["count"]?.read(into: &rule.count, 1...1_000_000_000)
                try keys["minutes"]?.read(into: &rule.minutes, 1...60)
                rule.except = try keys["except"]?.identities() ?? []
                return rule
            }
        }
        if let rule = rules["first-seen-actor"] {
            firstSeenActor = try rule.rule(["fields", "learn-hours", "except"]) { (keys) throws(ConfigurationError) in
                guard let fields = keys["fields"] else {
                    throw rule.error("fields are missing, e.g. fields: [\"users.*\"]")
                }
                var rule = FirstSeenActor(fields: try fields.fieldPatterns())
                try keys["learn-hours"]?.read(into: &rule.learnHours, 0...8_760)
                rule.except = try keys["except"]?.identities() ?? []
                return rule
            }
        }
        if let rule = rules["revoked-key-used"] {
            revokedKeyUsed = try rule.rule(["grace-seconds"]) { (keys) throws(ConfigurationError) in
                var rule = RevokedKeyUsed()
                try keys["grace-seconds"]?.read(into: &rule.graceSeconds, 0...86_400)
                return rule
            }
        }
        if let rule = rules["unusual-volume"] {
            unusualVolume = try rule.rule(["factor", "floor", "after-hours", "except"]) {
                (keys) throws(ConfigurationError) in
                var rule = UnusualVolume()
                try keys["factor"]?.read(into: &rule.factor, 2...1_000_000)
                try keys["floor"]?.read(into: &rule.floor, 1...1_000_000_000_000)
                try keys["after-hours"]?.read(into: &rule.afterHours, 1...168)
                rule.except = try keys["except"]?.identities() ?? []
                return rule
            }
        }
        if let rule = rules["denied-administration"] {
            deniedAdministration = try rule.rule(["except"]) { (keys) throws(ConfigurationError) in
                var rule = DeniedAdministration()
                rule.except = try keys["except"]?.identities() ?? []
                return rule
            }
        }
        if let rule = rules["log-gap"] { logGap = try rule.rule([]) { _ in LogGap() } }
        if let rule = rules["checkpoint-not-cosigned"] {
            checkpointNotCosigned = try rule.rule(["minutes"]) { (keys) throws(ConfigurationError) in
                var rule = CheckpointNotCosigned()
                try keys["minutes"]?.read(into: &rule.minutes, 1...10_080)
                return rule
            }
        }
    }
}

extension ConfigurationNode {
    /// A rule's keys as `read` makes a rule of them; nil for `off`.
    fileprivate func rule<Rule>(
        _ allowed: [String], _ read: ([String: ConfigurationNode]) throws(ConfigurationError) -> Rule
    ) throws(ConfigurationError) -> Rule? {
        if case .scalar(let text) = content {
            guard text == "off" else { throw error("off, or a mapping of the rule's keys is wanted") }
            return nil
        }
        return try read(isNull ? [:] : try mapping(allowed: allowed))
    }

    fileprivate func read(into value: inout Int64, _ range: ClosedRange<Int>) throws(ConfigurationError) {
        value = Int64(try integer(in: range))
    }

    fileprivate func identities() throws(ConfigurationError) -> Set<String> {
        var identities: Set<String> = []
        for element in try sequence() {
            let identity = try element.text()
            guard SPIFFEIdentity.isValid(identity.utf8) else { throw element.error(SPIFFEIdentity.rule) }
            guard identities.insert(identity).inserted else { throw element.error("given twice") }
        }
        return identities
    }
}
