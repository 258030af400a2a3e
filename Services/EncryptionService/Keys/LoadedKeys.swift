/// What a load brought: every selector that was asked for stands in one of the two.
struct LoadedKeys: Sendable {
    var entries: [KeySelector: FieldKeyEntry] = [:]
    var subjects: [KeySelector: SubjectKeyEntry] = [:]
    /// The hash key has no entry here; its failure has.
    var failures: [KeySelector: ItemFailure] = [:]

    /// Keys that an interrupted call asked for a second time are not there because others pushed them out.
    static let none = LoadedKeys()
}
