internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// How the kernel finds dead peers.
enum TCPOptions {
    /// A silent peer is probed after 30 seconds, every 10, three times; unacknowledged data ends a connection after 60 seconds.
    static func set(on channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        #if os(Linux)
            for (option, value) in [
                (TCP_KEEPIDLE, 30), (TCP_KEEPINTVL, 10), (TCP_KEEPCNT, 3), (TCP_USER_TIMEOUT, 60_000),
            ] {
                try options.setOption(
                    .tcpOption(NIOBSDSocket.Option(rawValue: option)), value: SocketOptionValue(value))
            }
        #endif
    }
}
