import FieldsealRPC
import Testing

struct ClientStreamsTests {
    private var streams = ClientStreams<String>()

    /// An action in words, so that a script can be compared.
    private mutating func receive(_ header: FrameHeader) -> String {
        switch streams.frameReceived(header) {
        case .complete(let call): "complete \(call)"
        case .deliver(let call): "deliver \(call)"
        case .deliverLast(let call): "deliver last \(call)"
        case .end(let call): "end \(call)"
        case .ignore: "ignore"
        case .close(let status): "close: \(status.message)"
        }
    }

    @Test mutating func idsAreOddAndRise() {
        #expect(streams.callStarted("a", .unary) == 1)
        #expect(streams.callStarted("b", .unary) == 3)
        #expect(streams.openCalls == 2)
        #expect(receive(header(3, .response)) == "complete b")
        #expect(receive(header(1, .response)) == "complete a")
        #expect(streams.callStarted("c", .serverStreaming) == 5)
    }

    @Test mutating func lateAnswerIsIgnored() {
        #expect(streams.callStarted("a", .unary) == 1)
        #expect(streams.callAbandoned(1)?.call == "a")
        #expect(streams.callAbandoned(1) == nil)
        #expect(receive(header(1, .response)) == "ignore")
        #expect(receive(header(1, .data)) == "ignore")
    }

    @Test mutating func streamDeliversAndEnds() {
        #expect(streams.callStarted("s", .serverStreaming) == 1)
        #expect(receive(header(1, .data)) == "deliver s")
        #expect(receive(header(1, .data, .noData)) == "ignore")
        #expect(receive(header(1, .data, [.remoteClosed, .noData])) == "end s")
        #expect(receive(header(1, .data)) == "ignore")
        #expect(streams.callStarted("t", .serverStreaming) == 3)
        #expect(receive(header(3, .data, .remoteClosed)) == "deliver last t")
        #expect(streams.callStarted("u", .serverStreaming) == 5)
        #expect(receive(header(5, .response)) == "complete u")
    }

    @Test mutating func brokenProtocolClosesTheConnection() {
        #expect(streams.callStarted("a", .unary) == 1)
        #expect(receive(header(3, .response)) == "close: answer without a call")
        #expect(receive(header(2, .response)) == "close: answer without a call")
        #expect(receive(header(0, .response)) == "close: answer without a call")
        #expect(receive(header(1, .request)) == "close: unknown kind of frame")
        #expect(receive(header(1, .data)) == "close: data on a unary call")
        #expect(streams.callStarted("s", .serverStreaming) == 3)
        #expect(receive(header(3, .data, .noData, length: 1)) == "close: data in a frame without data")
        #expect(streams.headerReceived(header(1, .response, length: .max))?.code == .resourceExhausted)
    }

    @Test mutating func connectionEndsAllCallsInOrder() {
        for name in ["a", "b", "c"] { _ = streams.callStarted(name, .unary) }
        #expect(streams.connectionClosed() == ["a", "b", "c"])
        #expect(streams.openCalls == 0)
    }
}
