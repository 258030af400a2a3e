extension ClientConfiguration.Calls {
    init(
        _ node: SimpleYAML?, path: String, environment: (String) -> String?
    ) throws(ClientConfigurationError) {
        let section = try Section(
            node, path: path, allowed: ["patience-seconds", "coalescing", "delay-microseconds", "items"])
        func text(_ key: String) throws(ClientConfigurationError) -> String? {
            let variable = "FIELDSEAL_CALLS_" + key.uppercased().replacing("-", with: "_")
            return if let text = environment(variable) { text } else { try section.optionalText(key) }
        }
        func number(_ key: String, _ range: ClosedRange<Int>) throws(ClientConfigurationError) -> Int? {
            guard let text = try text(key) else { return nil }
            guard let number = Int(text), range.contains(number) else {
                throw ClientConfigurationError(
                    "\(path): \(key): a number from \(range.lowerBound) to \(range.upperBound) is wanted")
            }
            return number
        }
        self.init()
        if let seconds = try number("patience-seconds", 0...3600) { patience = .seconds(seconds) }
        if let delay = try number("delay-microseconds", 0...1_000_000) { self.delay = .microseconds(delay) }
        if let items = try number("items", 1...Batches.mostItems) { self.items = items }
        switch try text("coalescing") {
        case nil: break
        case "on", "true": coalescing = true
        case "off", "false": coalescing = false
        default: throw ClientConfigurationError("\(path): coalescing: on or off is wanted")
        }
    }
}
