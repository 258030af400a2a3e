import FieldsealRPC
import FieldsealRPCTransport
import Foundation
import NIOCore

/// What the Go client calls. Messages are `google.protobuf.StringValue`.
enum PeerService {
    static func make() -> AsyncRPCService {
        var service = AsyncRPCService("interoperability.Peer")
        service.unary("Echo") { $0.payload }
        service.unary("Fail") { _ in throw RPCStatus.failedPrecondition("not now") }
        service.unary("Wait") { _ in
            try await Task.sleep(for: .seconds(60))
            return []
        }
        service.unary("Describe") { request in
            let seconds = request.timeRemaining.map { "\($0.components.seconds)" } ?? "none"
            return StringValue.encode("\(request.peer.identity) \(request.requestID) \(seconds)")
        }
        return service
    }
}

/// `google.protobuf.StringValue` of fewer than 128 bytes.
enum StringValue {
    static func encode(_ text: String) -> [UInt8] { [0x0a, UInt8(text.utf8.count)] + Array(text.utf8) }
    static func decode(_ bytes: [UInt8]) -> String { String(decoding: bytes.dropFirst(2), as: UTF8.self) }
}

func flushOutput() { fflush(nil) }

/// Everybody whom TLS lets in may call everything here.
final class OpenDoor: RPCAuthorizer, LoopAuthorizer, RPCServerObserver {
    func makeLoopAuthorizer(on loop: any EventLoop) -> any LoopAuthorizer { self }
    func authorize(call: borrowing ServerCall) -> RPCStatus? { nil }
    func connectionRefused(_ refusal: RefusedConnection) {}
    func unknownMethod(peer: RPCPeer, requestID: CallIdentifier, traceID: CallIdentifier) {}
}
