extension IndexPlan {
    var text: String {
        var table = Table(
            ["BITS", "FOUND IN VAIN", "VALUES TOGETHER", "VALUES ALONE", "STANDING OUT", ""],
            numeric: ["BITS", "FOUND IN VAIN", "VALUES TOGETHER", "VALUES ALONE", "STANDING OUT"])
        for choice in choices {
            table.append([
                "\(choice.bits)", Self.amount(choice.falsePositives), Self.amount(choice.valuesTogether),
                Self.percent(choice.alone), "\(choice.standingOut)", choice.bits == recommended ? "recommended" : "",
            ])
        }
        let shares = distribution.shares(ofMostFrequent: Self.mostFrequent).map(Self.percent)
        let nulls = distribution.nulls == 0 ? "" : "; \(distribution.nulls) rows without one"
        return """
            \(distribution.values) values in \(distribution.rows) rows\(nulls)
            The most frequent values stand in \(shares.joined(separator: ", ")) of the rows: whoever reads the index and knows what is \
            frequent can name those that stand out.

            \(table.text)

            FOUND IN VAIN: rows with other values that a search finds and opens, on average. VALUES TOGETHER: values that share an \
            index value, on average. VALUES ALONE: of the values, those that share theirs with none; only frequencies hide them. \
            STANDING OUT: values so frequent that other rows with the same index value do not hide them.
            An index of \(Self.exactBits) bits finds nothing in vain and can be unique; one of fewer than 64 cannot.
            """
    }

    var json: JSON {
        .object([
            ("rows", .unsigned(distribution.rows)), ("values", .unsigned(distribution.values)),
            ("nulls", .unsigned(distribution.nulls)),
            (
                "most-frequent",
                .array(distribution.shares(ofMostFrequent: Self.mostFrequent).map { .string(Self.percent($0)) })
            ),
            ("recommended-bits", .unsigned(UInt64(recommended))),
            (
                "choices",
                .array(
                    choices.map { choice in
                        .object([
                            ("bits", .unsigned(UInt64(choice.bits))),
                            ("found-in-vain", .string(Self.amount(choice.falsePositives))),
                            ("values-together", .string(Self.amount(choice.valuesTogether))),
                            ("values-alone", .string(Self.percent(choice.alone))),
                            ("standing-out", .unsigned(choice.standingOut)),
                        ])
                    })
            ),
        ])
    }

    /// With two digits after the point below a hundred.
    private static func amount(_ value: Double) -> String {
        value < 100 ? decimal(value) : "\(UInt64(min(value.rounded(), 1e18)))"
    }

    private static func percent(_ share: Double) -> String { decimal(share * 100) + "%" }

    private static func decimal(_ value: Double) -> String {
        let hundredths = UInt64((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
