/// A page for people, which is written as Markdown or HTML. What stands in it is text, never markup.
struct ReportDocument {
    enum Block {
        case paragraph(String)
        /// `numeric`: columns that are set flush right.
        case table(headings: [String], rows: [[String]], numeric: Set<Int> = [])
    }

    struct Section {
        var title: String
        var blocks: [Block]
    }

    var title: String
    /// What the page is about, above its sections.
    var facts: [(name: String, value: String)]
    var sections: [Section]
}
