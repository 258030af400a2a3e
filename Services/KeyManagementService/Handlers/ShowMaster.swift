import FieldsealMessages

extension KeysService {
    func showMaster(_ request: Proto.ShowMasterRequest, _ call: KeysCall) async throws -> Proto.ShowMasterResponse {
        let response = try await masterAsItIs()
        call.succeeded(object: "master")
        return response
    }

    func masterAsItIs() async throws -> Proto.ShowMasterResponse {
        let (master, custodians) = try await authority.showMaster()
        return Proto.ShowMasterResponse(
            key: NamedKey(name: "master", record: master.record).message, custodians: custodians.map(\.message))
    }
}

extension CustodianState {
    var message: Proto.Custodian {
        Proto.Custodian(
            name: name, provider: configured?.provider.name ?? wrap?.provider ?? "",
            key: configured?.provider.keyName ?? "",
            configured: configured != nil, holds: wrap != nil, addedUnixMs: (wrap?.addedUnixUs ?? 0) / 1_000,
            drilledUnixMs: (wrap?.drill?.unixUs ?? 0) / 1_000, drillPassed: wrap?.drill?.hasPassed ?? false,
            drillCause: wrap?.drill.map { $0.hasPassed ? "" : $0.outcome } ?? "", missing: isMissing)
    }
}
