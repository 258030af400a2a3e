import FieldsealClient
import FieldsealServiceRuntime

/// The counts of a census, in JSON or YAML.
enum CensusFile {
    static func read(_ path: String) throws -> [CensusCount] {
        try parse(try ConfigurationFile.text(of: path), name: path)
    }

    /// - Throws: `ConfigurationError` naming line and key, for whatever is not understood.
    static func parse(_ text: String, name: String) throws(ConfigurationError) -> [CensusCount] {
        let root = try ConfigurationNode(yaml: text, file: name)
        guard let list = try root.mapping(allowed: ["counts"])["counts"] else {
            throw root.error("counts are missing; write counts: [] where there is no row at all")
        }
        var counts: [CensusCount] = []
        for node in try list.sequence() {
            let count = try CensusCount(node)
            guard !counts.contains(where: { $0.version == count.version }) else {
                throw node.error("the version is given twice")
            }
            counts.append(count)
        }
        return counts
    }
}

extension CensusCount {
    fileprivate init(_ node: ConfigurationNode) throws(ConfigurationError) {
        let entries = try node.mapping(allowed: ["version", "rows"])
        guard let rows = entries["rows"] else { throw node.error("rows are missing") }
        self.init(version: 0, rows: UInt64(try rows.integer(in: 0...Int.max)))
        guard let version = entries["version"], !version.isNull else { return }
        guard let argument = KeyVersionArgument(argument: try version.text()) else {
            throw version.error("a version of 16 hexadecimal digits is wanted, or null")
        }
        self.version = argument.value
    }
}
