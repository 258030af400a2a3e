/// Splits batches so that neither the request nor its answer passes the frame limit of 4 MiB.
enum Batches {
    /// Of a request. Leaves room for an answer in text form, which is a third longer.
    static let mostBytes = 2_000_000
    static let mostItems = 5_000
    /// What an item takes besides its value, names and record id.
    private static let overhead = 256
    /// What an index takes in the answer: at most 4,096 bits.
    static let largestIndex = 516

    /// Ranges of `items`, in order; an item larger than the limit is alone in its range.
    static func split<Item>(_ items: [Item], size: (Item) -> Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        var bytes = 0
        for index in items.indices {
            let count = size(items[index]) + overhead
            if index > start, bytes + count > mostBytes || index - start == mostItems {
                ranges.append(start..<index)
                (start, bytes) = (index, 0)
            }
            bytes += count
        }
        if start < items.count { ranges.append(start..<items.count) }
        return ranges
    }
}

extension RecordID {
    var size: Int {
        columns.reduce(0) { sum, column in
            switch column {
            case .text(let text): sum + 16 + text.utf8.count
            case .binary(let bytes), .uuid(let bytes): sum + 16 + bytes.count
            case .integer, .date: sum + 16
            }
        }
    }
}

extension EncryptItem {
    var size: Int {
        field.utf8.count + plaintext.count + (recordID?.size ?? 0) + (context?.count ?? 0)
            + indexes.reduce(0) { $0 + $1.utf8.count + Batches.largestIndex }
    }
}

extension DecryptItem {
    var size: Int { field.utf8.count + ciphertext.count + (recordID?.size ?? 0) + (context?.count ?? 0) }
}

extension RebindItem {
    var size: Int { current.size + (newRecordID?.size ?? 0) + (newContext?.count ?? 0) }
}

extension BlindIndexItem {
    var size: Int {
        field.utf8.count + plaintext.count + beside.count
            + indexes.reduce(0) { $0 + $1.utf8.count + Batches.largestIndex }
    }
}
