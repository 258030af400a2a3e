import Foundation
import Glibc
import Synchronization

/// Stands between replicas and a database on this machine. Armed, it loses the answer to a COMMIT: the change has taken
/// effect, and who made it sees only that the connection broke.
final class LossyRelay: Sendable {
    struct Unavailable: Error {}

    /// The message CommandComplete of PostgreSQL's protocol, for COMMIT.
    private static let committed = Data([0x43, 0, 0, 0, 11] + Array("COMMIT".utf8) + [0])

    private struct Plan {
        /// Commits up to the one whose answer is lost; 0: none is.
        var left = 0
        var hasStruck = false
    }

    /// Where it listens, at the port of the database: a password file knows databases by name and port.
    let address: String
    private let port: UInt16
    private let listener: Int32
    private let plan = Mutex(Plan())

    init(to port: UInt16) throws {
        self.port = port
        address = "127.\(UInt8.random(in: 1...254)).\(UInt8.random(in: 1...254)).1"
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard Self.withAddress(address, port, { bind(listener, $0, $1) }) == 0, listen(listener, 64) == 0 else {
            Glibc.close(listener)
            throw Unavailable()
        }
        Thread.detachNewThread { [self] in
            while case let client = accept(listener, nil, nil), client >= 0 {
                Thread.detachNewThread { [self] in relay(client) }
            }
            Glibc.close(listener)
        }
    }

    /// - Parameter step: counts the commits that are made from now on, from 1.
    func arm(at step: Int) { plan.withLock { $0 = Plan(left: step) } }

    /// Whether it struck since it was armed.
    func disarm() -> Bool {
        plan.withLock { plan in
            defer { plan = Plan() }
            return plan.hasStruck
        }
    }

    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func losesAnswer() -> Bool {
        plan.withLock { plan in
            guard plan.left > 0 else { return false }
            plan.left -= 1
            if plan.left == 0 { plan.hasStruck = true }
            return plan.left == 0
        }
    }

    private func relay(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            Glibc.close(client)
            Glibc.close(server)
        }
        guard Self.withAddress("127.0.0.1", port, { connect(server, $0, $1) }) == 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var ready = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&ready, 2, -1) > 0 else { return }
            for (source, target) in [(ready[0], server), (ready[1], client)] where source.revents != 0 {
                let count = recv(source.fd, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                let tells = source.fd == server && Data(buffer[..<count]).range(of: Self.committed) != nil
                if tells, losesAnswer() { return }
                var sent = 0
                while sent < count {
                    let written = buffer[sent..<count].withUnsafeBytes {
                        send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    guard written > 0 else { return }
                    sent += written
                }
            }
        }
    }

    private static func withAddress(
        _ address: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        return withUnsafeBytes(of: &name) {
            $0.assumingMemoryBound(to: sockaddr.self).baseAddress.map {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            } ?? -1
        }
    }
}
