public import FieldsealMessages

extension KeysClient {
    /// Tells how many values of a field stand under which key version.
    /// - Parameters:
    ///   - location: as the catalog declares it; nil: the field's own column.
    ///   - begun: when the count began, after every transaction then open had ended; milliseconds since 1970.
    ///   - onPrimary: whether it was counted on the primary; a replica may lag behind.
    ///   - counts: versions without a row may be left out; version 0 counts values that are no ciphertext.
    /// - Returns: the store's revision with the census.
    public func reportCensus(
        of field: String, location: String? = nil, begun: Int64, onPrimary: Bool, counts: [CensusCount],
        options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> UInt64 {
        let request = Proto.ReportCensusRequest(
            field: field, location: location ?? "", begunUnixMs: begun, primary: onPrimary, counts: counts)
        let response: Proto.ReportCensusResponse = try await channel.call("ReportCensus", request, options: options)
        return response.revision
    }

    /// The last census of each of a field's locations.
    public func censuses(
        of field: String, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [FieldCensus] {
        let response: Proto.ShowCensusResponse =
            try await channel.call("ShowCensus", Proto.ShowCensusRequest(field: field), options: options)
        return response.censuses
    }
}
