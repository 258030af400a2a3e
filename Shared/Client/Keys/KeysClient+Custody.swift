public import FieldsealMessages

extension KeysClient {
    /// Who keeps the master key.
    public func master(options: CallOptions = CallOptions()) async throws(FieldsealError) -> MasterKeyReport {
        try await channel.call("ShowMaster", Proto.ShowMasterRequest(), options: options)
    }

    /// Wraps the master key under a further custodian of the service's configuration.
    public func addCustodian(
        _ name: String, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> MasterKeyReport {
        try await channel.call("AddCustodian", Proto.CustodianRequest(name: name, dryRun: dryRun), options: options)
    }

    /// Deletes the custodian's wrap of the master key. The last one cannot be removed.
    public func removeCustodian(
        _ name: String, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> MasterKeyReport {
        try await channel.call("RemoveCustodian", Proto.CustodianRequest(name: name, dryRun: dryRun), options: options)
    }

    /// Opens the master key through one custodian, or each of them, and a canary with it.
    public func runDrill(
        of name: String? = nil, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Custodian] {
        let response: Proto.RunDrillResponse =
            try await channel.call("RunDrill", Proto.RunDrillRequest(name: name ?? ""), options: options)
        return response.custodians
    }

    /// Makes a new unseal key for a custodian of provider `shares` and splits it.
    /// - Parameters:
    ///   - threshold: how many shares unseal.
    ///   - recipient: X25519 public key of the caller, 32 bytes: each share comes sealed to it.
    public func makeShares(
        for name: String, threshold: UInt32, shares: UInt32, recipient: [UInt8], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> (sealedShares: [[UInt8]], setID: [UInt8]) {
        let request = Proto.MakeSharesRequest(
            name: name, threshold: threshold, shares: shares, recipient: recipient)
        let response: Proto.MakeSharesResponse = try await channel.call("MakeShares", request, options: options)
        guard response.sealedShares.count == Int(shares) else { throw .wrongCount }
        return (response.sealedShares, response.setID)
    }

    /// How far a sealed service is, and the key that shares for it are sealed to. Each replica has its own.
    public func unsealProgress(
        options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> UnsealProgress {
        try await channel.call("ShowUnseal", Proto.ShowUnsealRequest(), options: options)
    }

    /// Gives one share to the replica whose key it is sealed to.
    public func unseal(
        sealedShare: [UInt8], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> UnsealProgress {
        try await channel.call("Unseal", Proto.UnsealRequest(sealedShare: sealedShare), options: options)
    }
}
