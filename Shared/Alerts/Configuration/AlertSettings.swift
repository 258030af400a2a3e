internal import FieldsealHTTP
public import FieldsealServiceRuntime
public import Logging

/// The configuration's section `alerts`: where administrators are told. The log is always among the destinations.
public struct AlertSettings: Sendable {
    public struct Destination: Sendable {
        enum Kind: Sendable {
            case webhook(WebhookSettings)
            case email(EmailSettings)
        }

        public let name: String
        let minimumSeverity: Alert.Severity
        let kind: Kind
    }

    public let minimumSeverity: Alert.Severity
    public let policy: DeliveryPolicy
    public let destinations: [Destination]

    /// Reads `minimum-severity` (info), `fold-minutes` (15), `give-up-days` (3), `retention-days` (90) and
    /// `destinations`, each with `name`, `kind`, its own `minimum-severity` and the keys of its kind.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        minimumSeverity = try section.choice("minimum-severity", default: Alert.Severity.info)
        var policy = DeliveryPolicy()
        policy.fold =
            60 * DeliveryPolicy.second * Int64(try section.integer("fold-minutes", default: 15, in: 1...1_440))
        let day = 86_400 * DeliveryPolicy.second
        policy.maximumAge = day * Int64(try section.integer("give-up-days", default: 3, in: 1...30))
        policy.retention = day * Int64(try section.integer("retention-days", default: 90, in: 31...3_650))
        self.policy = policy
        var destinations: [Destination] = []
        for section in try section.sections("destinations") {
            let destination = try Destination(section, minimumSeverity)
            guard destination.name != LogDestination.name,
                !destinations.contains(where: { $0.name == destination.name })
            else { throw try section.required("name").error("is the name of another destination") }
            destinations.append(destination)
        }
        self.destinations = destinations
    }

    /// As they stand in the database.
    public var names: [String] { [LogDestination.name] + destinations.map(\.name) }

    /// Reads the files of certificates that the destinations name.
    ///
    /// - Parameters:
    ///   - source: who sends, as receivers are told.
    ///   - clock: microseconds since 1970.
    public func makeDestinations(
        source: String, logger: Logger, clock: @escaping @Sendable () -> Int64
    ) throws(StartupError) -> [any AlertDestination] {
        var made: [any AlertDestination] = [LogDestination(minimumSeverity: minimumSeverity, logger: logger)]
        for destination in destinations {
            switch destination.kind {
            case .webhook(let settings):
                made.append(
                    WebhookDestination(
                        name: destination.name, minimumSeverity: destination.minimumSeverity, url: settings.url,
                        secrets: settings.secrets, source: source, caller: try settings.makeCaller(), clock: clock))
            case .email(let settings):
                do {
                    made.append(
                        try EmailDestination(
                            name: destination.name, minimumSeverity: destination.minimumSeverity, settings: settings,
                            source: source, logger: logger))
                } catch {
                    throw .configuration("\(settings.authorities ?? "TLS"): no certificate in PEM that can be read")
                }
            }
        }
        return made
    }
}

extension AlertSettings.Destination {
    private enum KindName: String, CaseIterable {
        case webhook
        case email
    }

    fileprivate init(_ section: ConfigurationSection, _ minimumSeverity: Alert.Severity) throws(ConfigurationError) {
        let name = try section.required("name")
        guard (1...63).contains(name.text.utf8.count),
            name.text.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        else { throw name.error("small letters, digits and '-' are wanted, 63 at most") }
        self.name = name.text
        self.minimumSeverity = try section.choice("minimum-severity", default: minimumSeverity)
        switch try section.required("kind").choice(KindName.self) {
        case .webhook: kind = .webhook(try WebhookSettings(section))
        case .email: kind = .email(try EmailSettings(section))
        }
    }
}
