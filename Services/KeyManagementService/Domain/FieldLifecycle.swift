/// How long a field's keys and what stands under them live. Changing it makes no new version.
struct FieldLifecycle: Sendable, Equatable {
    /// Days until a version is due for rotation; nil: as configured for field keys.
    var rotationDays: Int32?
    /// Days for which a superseded version still opens values; nil: as configured.
    var transitionDays: Int32?
    /// A rotation makes its version with the former as partner: until the window closes, values are sealed under both.
    var isDual = false
    /// How many days backups of the data live; nil: undeclared, and nothing is destroyed by schedule.
    var backupRetentionDays: Int32?
    /// Further places that hold the field's ciphertexts, as a census names them; the field's own column is not among them.
    var locations: [String] = []

    static let allowedDays: ClosedRange<Int32> = 1...3_650
    /// 0: there are no backups.
    static let allowedRetentionDays: ClosedRange<Int32> = 0...36_500
    static let maximumLocations = 32

    init(
        rotationDays: Int32? = nil, transitionDays: Int32? = nil, isDual: Bool = false,
        backupRetentionDays: Int32? = nil, locations: [String] = []
    ) {
        self.rotationDays = rotationDays
        self.transitionDays = transitionDays
        self.isDual = isDual
        self.backupRetentionDays = backupRetentionDays
        self.locations = locations
    }

    /// Checks what can be said of the values alone.
    func validate(object: String) throws(CatalogError) {
        for (days, name) in [(rotationDays, "rotation"), (transitionDays, "transition")] {
            guard let days, !Self.allowedDays.contains(days) else { continue }
            throw CatalogError(
                object: object,
                reason: "\(name) takes \(Self.allowedDays.lowerBound) to \(Self.allowedDays.upperBound) days")
        }
        if let days = backupRetentionDays, !Self.allowedRetentionDays.contains(days) {
            throw CatalogError(
                object: object, reason: "backups live \(Self.allowedRetentionDays.upperBound) days at most")
        }
        guard locations.count <= Self.maximumLocations else {
            throw CatalogError(object: object, reason: "more than \(Self.maximumLocations) locations")
        }
        guard locations.allSatisfy(CatalogName.isLocation), Set(locations).count == locations.count else {
            throw CatalogError(
                object: object,
                reason: "locations are different names of letters, digits, `_`, `-`, `$`, `.`, `/` and `:`")
        }
    }
}

extension FieldLifecycle {
    /// The differences in words.
    func changes(from former: FieldLifecycle) -> [String] {
        func days(_ days: Int32?, _ none: String) -> String { days.map { "\($0) days" } ?? none }
        var words: [String] = []
        if former.rotationDays != rotationDays {
            words.append("rotation \(days(former.rotationDays, "default")) -> \(days(rotationDays, "default"))")
        }
        if former.transitionDays != transitionDays {
            words.append("transition \(days(former.transitionDays, "default")) -> \(days(transitionDays, "default"))")
        }
        if former.isDual != isDual { words.append("dual encryption \(isDual ? "on" : "off")") }
        if former.backupRetentionDays != backupRetentionDays {
            words.append(
                "backup retention \(days(former.backupRetentionDays, "undeclared")) -> "
                    + days(backupRetentionDays, "undeclared"))
        }
        if former.locations != locations {
            words.append(locations.isEmpty ? "no further locations" : "locations \(locations.joined(separator: ", "))")
        }
        return words
    }
}
