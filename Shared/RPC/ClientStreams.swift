/// The streams of one connection, as the client sees them, with what the client keeps of each call.
public struct ClientStreams<Call> {
    public enum Form: Sendable, Hashable {
        case unary
        case serverStreaming
    }

    public enum Action {
        /// The frame's body is the call's `Response`; the call has ended.
        case complete(Call)
        /// The frame's body is a message of the stream.
        case deliver(Call)
        /// The frame's body is a message of the stream and its last.
        case deliverLast(Call)
        /// The stream ended well, without a further message.
        case end(Call)
        /// An answer to a call that was given up.
        case ignore
        /// The server broke the protocol.
        case close(RPCStatus)
    }

    @usableFromInline struct Entry {
        @usableFromInline var form: Form
        @usableFromInline var call: Call

        @usableFromInline init(form: Form, call: Call) {
            self.form = form
            self.call = call
        }
    }

    @usableFromInline var open: [UInt32: Entry] = [:]
    @usableFromInline var next: UInt32 = 1

    /// The ids of a connection end here; a client goes on with another connection well before.
    public static var lastStream: UInt32 { 0x7fff_ffff }

    public init() {}

    public var openCalls: Int { open.count }
    /// No further call may begin on this connection.
    public var isExhausted: Bool { next > Self.lastStream }

    /// Opens a call.
    ///
    /// - Returns: its stream id; nil where the connection is exhausted.
    @inlinable
    public mutating func callStarted(_ call: Call, _ form: Form) -> UInt32? {
        guard next <= Self.lastStream else { return nil }
        let stream = next
        next &+= 2
        open[stream] = Entry(form: form, call: call)
        return stream
    }

    /// The caller no longer waits.
    ///
    /// - Returns: the call, nil where it has ended already.
    @inlinable
    public mutating func callAbandoned(_ stream: UInt32) -> (call: Call, form: Form)? {
        open.removeValue(forKey: stream).map { ($0.call, $0.form) }
    }

    public func isOpen(_ stream: UInt32) -> Bool { open[stream] != nil }

    /// The header of a frame arrived, its body not yet. Nil: go on reading.
    public func headerReceived(_ header: FrameHeader) -> RPCStatus? {
        header.length > FrameHeader.maximumLength ? .resourceExhausted("frame over 4 MiB") : nil
    }

    /// A whole frame arrived.
    @inlinable
    public mutating func frameReceived(_ header: FrameHeader) -> Action {
        guard header.stream % 2 == 1, header.stream < next else { return .close(.internal("answer without a call")) }
        switch header.kind {
        case .response:
            guard let entry = open.removeValue(forKey: header.stream) else { return .ignore }
            return .complete(entry.call)
        case .data:
            guard let entry = open[header.stream] else { return .ignore }
            guard entry.form == .serverStreaming else { return .close(.internal("data on a unary call")) }
            let isLast = header.flags.contains(.remoteClosed)
            if isLast { open.removeValue(forKey: header.stream) }
            guard header.flags.contains(.noData) else {
                return isLast ? .deliverLast(entry.call) : .deliver(entry.call)
            }
            guard header.length == 0 else { return .close(.internal("data in a frame without data")) }
            return isLast ? .end(entry.call) : .ignore
        default:
            return .close(.internal("unknown kind of frame"))
        }
    }

    /// The connection ended: all its calls did, in the order in which they began.
    public mutating func connectionClosed() -> [Call] {
        defer { open = [:] }
        return open.sorted { $0.key < $1.key }.map(\.value.call)
    }
}
