/// What the answers of a server stream hold, item by item, as they arrive. Reading throws `FieldsealError` where the
/// connection or the service ends the stream.
public struct StreamedItems<Answer: Sendable, Item: Sendable>: AsyncSequence {
    typealias Answers = AsyncThrowingMapSequence<AsyncThrowingStream<[UInt8], any Error>, Answer>

    let answers: Answers
    let items: @Sendable (Answer) -> [Item]

    public func makeAsyncIterator() -> Iterator { Iterator(answers: answers.makeAsyncIterator(), items: items) }

    public struct Iterator: AsyncIteratorProtocol {
        var answers: Answers.Iterator
        let items: @Sendable (Answer) -> [Item]
        var waiting: ArraySlice<Item> = []

        public mutating func next() async throws(FieldsealError) -> Item? {
            while waiting.isEmpty {
                do {
                    guard let answer = try await answers.next() else { return nil }
                    waiting = items(answer)[...]
                } catch {
                    throw FieldsealError(any: error)
                }
            }
            return waiting.popFirst()
        }
    }
}
