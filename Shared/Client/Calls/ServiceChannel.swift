import FieldsealMessages
package import FieldsealRPC
package import FieldsealRPCTransport

/// What carries the calls of one service. In programs an `RPCClient`; tests bring their own.
package protocol CallTransport: Sendable {
    func unary(
        service: String, method: String, payload: [UInt8], timeout: Duration, metadata: RPCMetadata
    ) async throws(RPCStatus) -> [UInt8]
    func serverStreaming(
        service: String, method: String, payload: [UInt8], timeout: Duration?, metadata: RPCMetadata,
        bufferedMessages: Int
    ) -> AsyncThrowingStream<[UInt8], any Error>
    func shutdown() async
}

extension RPCClient: CallTransport {}

/// Typed calls to one service.
struct ServiceChannel: Sendable {
    /// E.g. "fieldseal.v1.Encryption".
    let service: String
    /// Nil where the configuration does not name the service.
    let transport: (any CallTransport)?
    /// The key of the service in the configuration.
    let section: String
    /// How long an unreachable service is tried again where the options of a call do not say.
    var patience = Duration.zero
    var clock = ClientClock.system

    func call<Response: ProtoMessage>(
        _ method: String, _ request: some ProtoMessage, options: CallOptions
    ) async throws(FieldsealError) -> Response {
        let transport = try configured()
        let payload = request.encoded()
        guard payload.count <= ResponseEnvelope.maximumPayload else {
            throw FieldsealError(
                .invalidArgument, "the request is larger than a frame of 4 MiB; send less at once", isLocal: true)
        }
        let answer = try await exchange(transport, method, payload, options)
        do throws(MessageError) {
            return try Response(decoding: answer)
        } catch {
            throw FieldsealError(error)
        }
    }

    /// One call, tried again where its repetition is safe.
    private func exchange(
        _ transport: any CallTransport, _ method: String, _ payload: [UInt8], _ options: CallOptions
    ) async throws(FieldsealError) -> [UInt8] {
        let metadata = metadata(options)
        var trials = trials(options)
        while true {
            do {
                return try await transport.unary(
                    service: service, method: method, payload: payload, timeout: trials.left, metadata: metadata)
            } catch {
                let isSafe = error.isUnsent || RepeatableCalls.contains(service: service, method: method)
                guard error.code == .unavailable, isSafe, try await trials.pause() else {
                    throw FieldsealError(error)
                }
            }
        }
    }

    /// The trials that a call with these options may have from now on.
    func trials(_ options: CallOptions) -> Trials {
        Trials(clock: clock, timeout: options.timeout, patience: options.patience ?? patience)
    }

    func stream<Response: ProtoMessage>(
        _ method: String, _ request: some ProtoMessage, options: CallOptions, bufferedMessages: Int = 1024
    ) throws(FieldsealError) -> AsyncThrowingMapSequence<AsyncThrowingStream<[UInt8], any Error>, Response> {
        try configured().serverStreaming(
            service: service, method: method, payload: request.encoded(), timeout: nil, metadata: metadata(options),
            bufferedMessages: bufferedMessages
        ).map { try Response(decoding: $0) }
    }

    private func configured() throws(FieldsealError) -> any CallTransport {
        guard let transport else {
            throw FieldsealError(
                .failedPrecondition,
                "the configuration names no \(section) service; add \(section): addresses and identity",
                isLocal: true)
        }
        return transport
    }

    private func metadata(_ options: CallOptions) -> RPCMetadata {
        RPCMetadata(requestID: options.requestID ?? .random(), traceID: options.traceID)
    }
}
