internal import Synchronization

/// The policy in force. A reload replaces it whole or not at all.
public final class PolicyStore: Sendable {
    public let path: String
    private let policy: Mutex<Policy>
    private let counter = Atomic<UInt64>(1)

    /// Reads the file.
    /// - Throws: naming line and key of what is wrong.
    public init(path: String) throws(ConfigurationError) {
        self.path = path
        policy = Mutex(try Self.read(path))
    }

    /// A store without a file, for tests; `reload` throws.
    public init(policy: Policy) {
        path = ""
        self.policy = Mutex(policy)
    }

    /// Rises by one with every reload. A grant kept with the generation read *before* it was asked for is in force as
    /// long as the generation stays the same.
    public var generation: UInt64 { counter.load(ordering: .acquiring) }

    public var current: Policy { policy.withLock { $0 } }

    public func grant(for identity: String) -> PolicyGrant { current.grant(for: identity) }

    /// Reads the file again.
    /// - Throws: where the file is refused; the old policy stays in force.
    public func reload() throws(ConfigurationError) {
        replace(with: try Self.read(path))
    }

    public func replace(with new: Policy) {
        policy.withLock { $0 = new }
        counter.add(1, ordering: .acquiringAndReleasing)
    }

    private static func read(_ path: String) throws(ConfigurationError) -> Policy {
        try Policy(yaml: try ConfigurationFile.text(of: path), file: path)
    }
}
