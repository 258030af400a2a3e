import FieldsealAlerts

/// Alerts of one look at the log. Of equal ones, of one kind and object, the first stands for all.
struct AlertTally: Sendable {
    private struct Key: Hashable {
        let kind: Alert.Kind
        let object: String
    }

    private var alerts: [Alert] = []
    private var places: [Key: Int] = [:]
    private var counts: [Int] = []

    mutating func add(_ alert: Alert) {
        let key = Key(kind: alert.kind, object: alert.object)
        guard let place = places[key] else {
            places[key] = alerts.count
            alerts.append(alert)
            counts.append(1)
            return
        }
        counts[place] += 1
        if alert.severity > alerts[place].severity { alerts[place] = alert }
    }

    /// In the order of the first of each.
    var all: [Alert] {
        zip(alerts, counts).map { alert, count in
            guard count > 1 else { return alert }
            var alert = alert
            alert.text += " \(count - 1) more of this kind came with it."
            return alert
        }
    }
}
