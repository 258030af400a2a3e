import FieldsealRPC
import Testing

struct ServerStreamsTests {
    private var streams = ServerStreams(limit: 2)

    @Test mutating func idsMustBeOddAndRise() {
        #expect(streams.frameReceived(header(3)) == .handle(.unary))
        #expect(streams.frameReceived(header(0)) == .refuse(.invalidArgument("stream id must be odd")))
        #expect(streams.frameReceived(header(4)) == .refuse(.invalidArgument("stream id must be odd")))
        #expect(streams.frameReceived(header(3)) == .refuse(.invalidArgument("stream id must rise")))
        #expect(streams.frameReceived(header(1)) == .refuse(.invalidArgument("stream id must rise")))
        #expect(streams.frameReceived(header(5)) == .handle(.unary))
        #expect(streams.frameReceived(header(.max)) == .handle(.unary))
        #expect(streams.frameReceived(header(1)) == .refuse(.invalidArgument("stream id must rise")))
    }

    @Test mutating func flagsSayHowACallFlows() {
        #expect(streams.frameReceived(header(1)) == .handle(.unary))
        #expect(streams.frameReceived(header(3, .request, .remoteClosed)) == .handle(.serverStreaming))
        for (stream, flags) in [(UInt32(5), 0x02), (7, 0x03), (9, 0x04), (11, 0x05), (13, 0x80)] {
            let action = streams.frameReceived(header(stream, .request, FrameFlags(rawValue: UInt8(flags))))
            #expect(action == .refuse(.invalidArgument("flags not allowed on a request")))
        }
    }

    @Test mutating func lengthIsBounded() {
        let most = UInt32(FrameHeader.maximumLength)
        #expect(streams.headerReceived(header(1, length: most)) == nil)
        #expect(
            streams.headerReceived(header(1, length: most + 1))
                == .refuseAndClose(.resourceExhausted("frame over 4 MiB")))
        #expect(
            streams.headerReceived(header(1, length: .max)) == .refuseAndClose(.resourceExhausted("frame over 4 MiB")))
    }

    @Test mutating func openCallsAreBounded() {
        for stream in [UInt32(1), 3] {
            #expect(streams.frameReceived(header(stream)) == .handle(.unary))
            streams.callDeferred(stream)
        }
        #expect(streams.frameReceived(header(5)) == .refuse(.resourceExhausted("too many open calls")))
        #expect(streams.callEnded(1) == true)
        #expect(streams.frameReceived(header(7)) == .handle(.unary))
    }

    @Test mutating func callEndsOnce() {
        #expect(streams.frameReceived(header(1)) == .handle(.unary))
        streams.callDeferred(1)
        #expect(streams.isOpen(1))
        #expect(streams.callEnded(1) == true)
        #expect(streams.callEnded(1) == false)
        #expect(!streams.isOpen(1))
    }

    @Test mutating func dataEndsTheCallItBreaks() {
        #expect(streams.frameReceived(header(1)) == .handle(.unary))
        streams.callDeferred(1)
        #expect(
            streams.frameReceived(header(1, .data)) == .abort(.invalidArgument("data on a stream that takes none")))
        #expect(streams.callEnded(1) == true)
        #expect(streams.frameReceived(header(1, .data)) == .refuse(.invalidArgument("stream is not open")))
        #expect(streams.frameReceived(header(9, .data)) == .refuse(.invalidArgument("stream is not open")))
    }

    @Test mutating func clientGivesAStreamUp() {
        #expect(streams.frameReceived(header(1, .request, .remoteClosed)) == .handle(.serverStreaming))
        streams.callDeferred(1)
        #expect(streams.frameReceived(header(1, .data, [.remoteClosed, .noData])) == .abort(.cancelled))
    }

    @Test mutating func reusedIDEndsTheOpenCall() {
        #expect(streams.frameReceived(header(1)) == .handle(.unary))
        streams.callDeferred(1)
        #expect(streams.frameReceived(header(1)) == .abort(.invalidArgument("stream id must rise")))
    }

    @Test mutating func otherKindsAreRefused() {
        #expect(streams.frameReceived(header(1, .response)) == .refuse(.invalidArgument("unknown kind of frame")))
        let unknown = FrameKind(rawValue: 9)
        #expect(streams.frameReceived(header(1, unknown)) == .refuse(.invalidArgument("unknown kind of frame")))
    }

    @Test mutating func drainingTakesNoCallsAndEndsWithTheLast() {
        #expect(streams.frameReceived(header(1)) == .handle(.unary))
        streams.callDeferred(1)
        streams.drainBegan()
        #expect(!streams.isDrained)
        #expect(streams.frameReceived(header(3)) == .refuse(.unavailable("connection is draining")))
        #expect(streams.callEnded(1) == true)
        #expect(streams.isDrained)
    }
}
