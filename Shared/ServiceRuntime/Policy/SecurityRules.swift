/// What the audit service watches its log for: the policy file's section `security-alerts`. A rule that is nil is off.
public struct SecurityRules: Hashable, Sendable {
    /// Values that were not opened, by one identity.
    public struct FailedDecrypts: Hashable, Sendable {
        public var count: Int64 = 100
        /// 1 to 60.
        public var minutes: Int64 = 5
        public var except: Set<String> = []

        public init() {}
    }

    /// An identity that uses a field for the first time.
    public struct FirstSeenActor: Hashable, Sendable {
        public var fields: [FieldPattern]
        /// For so long after a field was used first, whoever uses it is learnt without an alert.
        public var learnHours: Int64 = 24
        public var except: Set<String> = []

        public init(fields: [FieldPattern]) { self.fields = fields }
    }

    /// A key version that is retired, compromised or destroyed.
    public struct RevokedKeyUsed: Hashable, Sendable {
        /// What encryption services may take to hear of it.
        public var graceSeconds: Int64 = 300

        public init() {}
    }

    /// Values opened in an hour, against the mean of the hours in which the identity used the field before.
    public struct UnusualVolume: Hashable, Sendable {
        public var factor: Int64 = 10
        /// Fewer in an hour are never unusual.
        public var floor: Int64 = 10_000
        /// Hours of use that make a mean, at most 168.
        public var afterHours: Int64 = 24
        public var except: Set<String> = []

        public init() {}
    }

    /// Administration or reading of the log that the policy denied.
    public struct DeniedAdministration: Hashable, Sendable {
        public var except: Set<String> = []

        public init() {}
    }

    /// Findings on the log's completeness.
    public struct LogGap: Hashable, Sendable {
        public init() {}
    }

    /// No published checkpoint for so long.
    public struct CheckpointNotCosigned: Hashable, Sendable {
        public var minutes: Int64 = 10

        public init() {}
    }

    public var failedDecrypts: FailedDecrypts? = .init()
    /// Off unless the file names fields: what is sensitive nobody else knows.
    public var firstSeenActor: FirstSeenActor?
    public var revokedKeyUsed: RevokedKeyUsed? = .init()
    public var unusualVolume: UnusualVolume? = .init()
    public var deniedAdministration: DeniedAdministration? = .init()
    public var logGap: LogGap? = .init()
    public var checkpointNotCosigned: CheckpointNotCosigned? = .init()

    /// Those that hold where the file says nothing.
    public init() {}
}
