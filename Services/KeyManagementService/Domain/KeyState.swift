/// The life of one version of a key. In brackets, NIST SP 800-57's terms.
///
/// The raw value is what the store holds.
enum KeyState: String, Sendable, CaseIterable {
    /// Made, not yet used [pre-activation].
    case pending
    /// Encrypts and decrypts [active]; at most one version of a key.
    case active
    /// Decrypts only, while values move to the newer version [deactivated].
    case transition
    /// Refused, restorable [suspended].
    case retired
    /// Refused for good [compromised]; a permanent mark.
    case compromised
    /// The wrapped key is gone; the row stays as a tombstone [destroyed].
    case destroyed

    /// What can happen to a version.
    enum Event: Sendable, Equatable, CaseIterable {
        case activated
        /// A newer version became the active one.
        case superseded
        /// The rotation that superseded it is undone; `exhausted` says that its nonce budget is spent.
        case rolledBack(exhausted: Bool)
        /// Its time in transition is over, or an administrator ended it.
        case windowClosed
        case restored
        case compromised
        case destroyed

        static var allCases: [Event] {
            [
                .activated, .superseded, .rolledBack(exhausted: false), .rolledBack(exhausted: true), .windowClosed,
                .restored, .compromised, .destroyed,
            ]
        }
    }

    /// The state after `event`, or nil where the life of a key has no such edge.
    func after(_ event: Event) -> KeyState? {
        switch (self, event) {
        case (.pending, .activated): .active
        case (.active, .superseded): .transition
        case (.transition, .windowClosed): .retired
        case (.transition, .rolledBack(exhausted: false)): .active
        case (.retired, .restored): .transition
        case (.pending, .destroyed), (.retired, .destroyed), (.compromised, .destroyed): .destroyed
        case (.pending, .compromised), (.active, .compromised), (.transition, .compromised), (.retired, .compromised):
            .compromised
        case (.pending, _), (.active, _), (.transition, _), (.retired, _), (.compromised, _), (.destroyed, _): nil
        }
    }

    /// Whether a version in this state is given to an encryption service for any use.
    var isGranted: Bool { isGranted(for: .use) }

    func isGranted(for purpose: GrantPurpose) -> Bool {
        switch self {
        case .active, .transition: true
        case .compromised: purpose == .rewrap
        case .pending, .retired, .destroyed: false
        }
    }

    /// Whether the store still holds the wrapped key, which then follows its parent's rotations.
    var hasKey: Bool { self != .destroyed }
}

/// What a key is given out for.
enum GrantPurpose: Sendable {
    case use
    /// To move values away from the version, and for nothing else.
    case rewrap
}
