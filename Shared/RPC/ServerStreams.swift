/// The streams of one connection, as the server sees them: which frames are calls, and which break the protocol.
///
/// Calls that are answered while their frame is handled are never open here; only those answered later are.
public struct ServerStreams: Sendable {
    /// How a request's flags say that its call flows.
    public enum Form: Sendable, Hashable {
        case unary
        case serverStreaming
    }

    public enum Action: Sendable, Hashable {
        /// Handle the request.
        case handle(Form)
        /// Answer the frame's stream with a status; no call is touched.
        case refuse(RPCStatus)
        /// Cancel the open call of the frame's stream and answer it with a status.
        case abort(RPCStatus)
        /// Answer the frame's stream with a status, then close the connection without reading the frame's body.
        case refuseAndClose(RPCStatus)
    }

    private var last: UInt32 = 0
    private var open: Set<UInt32> = []
    private var draining = false
    private let limit: Int

    /// - Parameter limit: calls that may be open at a time.
    public init(limit: Int) { self.limit = limit }

    public var openCalls: Int { open.count }
    /// Nothing runs and nothing may begin: the connection can be closed.
    public var isDrained: Bool { draining && open.isEmpty }

    /// The header of a frame arrived, its body not yet. Nil: go on reading.
    public func headerReceived(_ header: FrameHeader) -> Action? {
        guard header.length > FrameHeader.maximumLength else { return nil }
        return .refuseAndClose(.resourceExhausted("frame over 4 MiB"))
    }

    /// A whole frame arrived.
    public mutating func frameReceived(_ header: FrameHeader) -> Action {
        switch header.kind {
        case .request: requestReceived(header)
        case .data: dataReceived(header)
        default: .refuse(.invalidArgument("unknown kind of frame"))
        }
    }

    private mutating func requestReceived(_ header: FrameHeader) -> Action {
        guard header.stream % 2 == 1 else { return .refuse(.invalidArgument("stream id must be odd")) }
        guard header.stream > last else {
            let status = RPCStatus.invalidArgument("stream id must rise")
            return open.contains(header.stream) ? .abort(status) : .refuse(status)
        }
        last = header.stream
        guard header.flags.isEmpty || header.flags == .remoteClosed else {
            return .refuse(.invalidArgument("flags not allowed on a request"))
        }
        guard !draining else { return .refuse(.unavailable("connection is draining")) }
        guard open.count < limit else { return .refuse(.resourceExhausted("too many open calls")) }
        return .handle(header.flags.isEmpty ? .unary : .serverStreaming)
    }

    /// No method takes messages after its request: data ends the call. `remoteClosed` and `noData` are how a client
    /// gives a server stream up.
    private func dataReceived(_ header: FrameHeader) -> Action {
        guard open.contains(header.stream) else { return .refuse(.invalidArgument("stream is not open")) }
        let givesUp = header.flags == [.remoteClosed, .noData] && header.length == 0
        return .abort(givesUp ? .cancelled : .invalidArgument("data on a stream that takes none"))
    }

    /// The call just handled is answered later.
    public mutating func callDeferred(_ stream: UInt32) { open.insert(stream) }

    /// An open call is to be answered for the last time.
    ///
    /// - Returns: false where it has ended already, and nothing may be sent.
    public mutating func callEnded(_ stream: UInt32) -> Bool { !open.isEmpty && open.remove(stream) != nil }

    public func isOpen(_ stream: UInt32) -> Bool { open.contains(stream) }

    /// No further calls are taken; those that are open go on.
    public mutating func drainBegan() { draining = true }
}
