internal import FieldsealRPC
internal import NIOCore

/// `grpc.health.v1.Health`: open to every verified peer.
struct HealthService: RPCService {
    let name = "grpc.health.v1.Health"
    let methods = [RPCMethod("Check"), RPCMethod("Watch", .serverStreaming)]
    let status: HealthStatus

    func makeHandler(on loop: any EventLoop) -> any RPCHandler { HealthHandler(status) }
}

private final class HealthHandler: RPCHandler {
    private let status: HealthStatus

    init(_ status: HealthStatus) { self.status = status }

    func unary(
        method: Int, payload: UnsafeRawBufferPointer, call: borrowing ServerCall, reply: inout ReplyWriter
    ) -> UnaryOutcome {
        do throws(RPCStatus) {
            let service = try HealthMessage.service(decoding: payload)
            guard let serving = status.serving(service) else { return .failed(.notFound("unknown service")) }
            try reply.reserve(2) { memory in
                memory[0] = 0x08
                memory[1] = serving.rawValue
            }
            return .replied
        } catch {
            return .failed(error)
        }
    }

    func serverStreaming(
        method: Int, payload: UnsafeRawBufferPointer, call: borrowing ServerCall
    ) -> RPCStatus? {
        do throws(RPCStatus) {
            let service = try HealthMessage.service(decoding: payload)
            call.openStream { [status] writer in
                for await serving in status.watch(service) {
                    try await writer.send(HealthMessage.response(serving.rawValue))
                }
            }
            return nil
        } catch {
            return error
        }
    }
}
