import FieldsealCustody
import FieldsealMessages

extension KeysService {
    /// Answers while sealed, too.
    func showUnseal(_ request: Proto.ShowUnsealRequest, _ call: KeysCall) async throws -> Proto.UnsealResponse {
        let response = try unsealResponse(try await authority.unsealProgress())
        call.succeeded()
        return response
    }

    /// Answers while sealed, too. A share that comes when the service is open is not looked at.
    func unseal(_ request: Proto.UnsealRequest, _ call: KeysCall) async throws -> Proto.UnsealResponse {
        guard authority.isSealed else {
            call.succeeded()
            return try unsealResponse(UnsealProgress())
        }
        try shareLimit.admit(call.context.actor.identity, nowUnixUs: authority.clock())
        let share = try Share(
            sealed: request.sealedShare, pair: try authority.shareDesk.keyPair(), identity: authority.identity,
            way: .given)
        let progress = try await authority.give(share)
        call.succeeded(object: progress.custodian)
        return try unsealResponse(progress)
    }

    private func unsealResponse(_ progress: UnsealProgress) throws -> Proto.UnsealResponse {
        Proto.UnsealResponse(
            sealed: authority.isSealed, recipient: try authority.shareDesk.keyPair().publicKey,
            setID: progress.set?.id.bytes ?? [], threshold: UInt32(progress.set?.threshold ?? 0),
            given: UInt32(clamping: progress.given))
    }
}
