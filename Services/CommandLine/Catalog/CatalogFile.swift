import FieldsealClient
import FieldsealServiceRuntime

/// The YAML form of a catalog.
enum CatalogFile {
    static let example = """
            version: 1
            tables:
              - name: users
                key-columns: [id]
                fields:
                  - name: email
                    sensitivity: high
                    suite: auto
                    row-bound: true
                    record-keys: false
                    rotation-days: 30
                    indexes:
                      - {name: equality, bits: 128, normaliser: email}
                      - {name: beginning, kind: prefix, bits: 256, hashes: 3, shortest: 2, longest: 8, normaliser: email}
        """

    static func read(_ path: String) throws -> [CatalogTable] {
        try parse(try ConfigurationFile.text(of: path), name: path)
    }

    /// - Throws: `ConfigurationError` naming line and key, for whatever is not understood.
    static func parse(_ text: String, name: String) throws(ConfigurationError) -> [CatalogTable] {
        let root = try ConfigurationNode(yaml: text, file: name)
        let entries = try root.mapping(allowed: ["version", "tables"])
        guard let version = entries["version"] else { throw root.error("version is missing; write version: 1") }
        guard try version.integer(in: 0...Int.max) == 1 else { throw version.error("only version 1 is known") }
        guard let list = entries["tables"] else { throw root.error("tables are missing; write tables: [] for none") }
        return try named(list, "table") { node throws(ConfigurationError) in try CatalogTable(node) }
    }

    /// The elements of a list, each with a `name` of its own.
    static func named<Element: Named>(
        _ list: ConfigurationNode, _ kind: String, _ read: (ConfigurationNode) throws(ConfigurationError) -> Element
    ) throws(ConfigurationError) -> [Element] {
        var elements: [Element] = []
        for node in try list.sequence() {
            let element = try read(node)
            guard !elements.contains(where: { $0.name == element.name }) else {
                throw node.error("the \(kind) \(element.name) is given twice")
            }
            elements.append(element)
        }
        return elements
    }
}

protocol Named {
    var name: String { get }
}

extension CatalogTable: Named {
    fileprivate init(_ node: ConfigurationNode) throws(ConfigurationError) {
        let entries = try node.mapping(allowed: ["name", "key-columns", "fields"])
        self.init(name: try node.required("name", entries).name())
        var columns: [String] = []
        for column in try node.required("key-columns", entries).sequence() {
            let name = try column.name()
            guard !columns.contains(name) else { throw column.error("the column is given twice") }
            columns.append(name)
        }
        guard !columns.isEmpty else { throw node.error("key-columns: at least one column is wanted") }
        keyColumns = columns
        fields = try CatalogFile.named(try node.required("fields", entries), "field") {
            node throws(ConfigurationError) in
            try CatalogField(node)
        }
    }
}

extension CatalogField: Named {
    fileprivate init(_ node: ConfigurationNode) throws(ConfigurationError) {
        let entries = try node.mapping(allowed: [
            "name", "sensitivity", "suite", "row-bound", "record-keys", "subject-keys", "rotation-days",
            "transition-days", "dual", "backup-retention-days", "locations", "indexes",
        ])
        self.init(name: try node.required("name", entries).name())
        guard !name.contains(".") else { throw node.error("a field's name holds no dot") }
        sensitivity = try node.required("sensitivity", entries).word()
        suite = try entries["suite"]?.word() ?? .unspecified
        rowBound = try entries["row-bound"]?.boolean() ?? false
        recordKeys = try entries["record-keys"]?.boolean() ?? false
        subjectKeys = try entries["subject-keys"]?.boolean() ?? false
        rotationDays = try entries["rotation-days"]?.days(from: 1) ?? 0
        transitionDays = try entries["transition-days"]?.days(from: 1) ?? 0
        dual = try entries["dual"]?.boolean() ?? false
        backupRetention = try entries["backup-retention-days"].map { node throws(ConfigurationError) in
            .backupRetentionDays(try node.days(from: 0))
        }
        for location in try entries["locations"]?.sequence() ?? [] {
            let name = try location.name()
            guard !locations.contains(name) else { throw location.error("the location is given twice") }
            locations.append(name)
        }
        guard let list = entries["indexes"] else { return }
        indexes = try CatalogFile.named(list, "index") { node throws(ConfigurationError) in try IndexDescription(node) }
    }
}

extension IndexDescription: Named {
    fileprivate init(_ node: ConfigurationNode) throws(ConfigurationError) {
        let entries = try node.mapping(allowed: [
            "name", "kind", "bits", "normaliser", "hashes", "shortest", "longest", "accept-leakage", "beside",
            "beside-normaliser",
        ])
        let kind: IndexKind = try entries["kind"]?.word() ?? .equality
        func number(
            _ key: String, in range: ClosedRange<Int>, otherwise: Int, of kinds: [IndexKind]
        ) throws(ConfigurationError) -> UInt32 {
            guard kinds.contains(kind) else {
                if let node = entries[key] { throw node.error("\(key) says nothing of an index of this kind") }
                return 0
            }
            return UInt32(try entries[key]?.integer(in: range) ?? otherwise)
        }
        let isWhole = kind == .equality || kind == .pair
        let (fewest, most) = isWhole ? (1, 256) : (64, 4_096)
        for key in ["beside", "beside-normaliser"] where kind != .pair {
            if let node = entries[key] { throw node.error("\(key) says nothing of an index of this kind") }
        }
        self.init(
            name: try node.required("name", entries).name(),
            bits: UInt32(try entries["bits"]?.integer(in: fewest...most) ?? (isWhole ? 128 : 256)),
            normaliser: try entries["normaliser"]?.word() ?? .none, kind: kind,
            hashes: try number("hashes", in: 1...8, otherwise: 3, of: [.prefix, .trigram]),
            shortest: try number("shortest", in: 1...64, otherwise: 2, of: [.prefix]),
            longest: try number("longest", in: 1...64, otherwise: 8, of: [.prefix]),
            leakageAccepted: try entries["accept-leakage"]?.boolean() ?? false,
            beside: kind == .pair ? try node.required("beside", entries).name() : "",
            besideNormaliser: try entries["beside-normaliser"]?.word() ?? .none)
    }
}

extension ConfigurationNode {
    fileprivate func required(
        _ key: String, _ entries: [String: ConfigurationNode]
    ) throws(ConfigurationError) -> ConfigurationNode {
        guard let node = entries[key] else { throw error("\(key) is missing") }
        return node
    }

    fileprivate func word<Value: Worded>() throws(ConfigurationError) -> Value {
        guard let value = Value(word: try text()), value.word != "unspecified" else {
            throw error("unknown; known are \(Value.words.joined(separator: ", "))")
        }
        return value
    }

    /// At most a hundred years.
    fileprivate func days(from least: Int) throws(ConfigurationError) -> UInt32 {
        UInt32(try integer(in: least...36_500))
    }

    /// PostgreSQL's identifiers have at most 63 bytes; two of them and a dot fit.
    fileprivate func name() throws(ConfigurationError) -> String {
        let name = try text()
        guard (1...127).contains(name.utf8.count),
            name.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F && !$0.properties.isWhitespace }),
            !name.contains("*"), !name.contains("/")
        else { throw error("a name has 1 to 127 bytes and no white space, * or /") }
        return name
    }
}
