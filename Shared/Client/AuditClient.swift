public import FieldsealMessages

/// Calls to the audit service.
public struct AuditClient: Sendable {
    let channel: ServiceChannel

    init(_ channel: ServiceChannel) {
        self.channel = channel
    }

    /// One page of events; its cursor, put into the next query, asks for the following page.
    public func query(_ query: AuditQuery, options: CallOptions = CallOptions()) async throws(FieldsealError)
        -> AuditPage
    {
        try await channel.call("Query", query, options: options)
    }

    /// Events as they are stored, for as long as the sequence is read. Ends by throwing `FieldsealError` where the
    /// connection or the service does.
    /// - Parameters:
    ///   - filter: times, paging and order are ignored.
    ///   - index: of the last event known; 0: only what comes.
    public func tail(
        _ filter: AuditQuery = AuditQuery(), after index: UInt64 = 0, options: CallOptions = CallOptions()
    ) throws(FieldsealError) -> AuditTail {
        AuditTail(
            answers: try channel.stream(
                "TailEvents", Proto.TailEventsRequest(filter: filter, afterIndex: index), options: options),
            items: \.events)
    }

    /// Who used what, how often, and from when to when: the events of a filter, added up.
    /// - Parameters:
    ///   - filter: its paging and order are ignored.
    ///   - keyVersions: any of them, at most 1,000; empty: as the filter says.
    /// - Returns: at most 10,000 groups; `truncated` says that there are more.
    public func summarizeUse(
        _ filter: AuditQuery = AuditQuery(), keyVersions: [UInt64] = [], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> AuditUseSummary {
        try await channel.call(
            "SummarizeUse", Proto.SummarizeUseRequest(filter: filter, keyVersions: keyVersions), options: options)
    }

    /// What the log holds of each epoch of which blocks were stored in a span of time.
    /// - Parameters:
    ///   - from: microseconds since 1970, inclusive.
    ///   - until: exclusive; 0: no end.
    /// - Returns: at most 1,000 epochs; `truncated` says that there are more.
    public func epochs(
        from: Int64, until: Int64 = 0, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> AuditEpochs {
        try await channel.call(
            "ListEpochs", Proto.ListEpochsRequest(fromUnixUs: from, untilUnixUs: until), options: options)
    }

    /// The newest revision of its key store that the caller itself has logged; 0: none.
    public func storeRevision(options: CallOptions = CallOptions()) async throws(FieldsealError) -> UInt64 {
        let response: Proto.StoreRevisionResponse = try await channel.call(
            "StoreRevision", Proto.StoreRevisionRequest(), options: options)
        return response.revision
    }

    /// What administrators were told of the log, the newest first.
    /// - Parameters:
    ///   - since: milliseconds since 1970; 0: from the first.
    ///   - limit: at most 1,000; 0: 100.
    public func alerts(
        since: Int64 = 0, limit: UInt32 = 0, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [RaisedAlert] {
        let request = Proto.ListAlertsRequest(sinceUnixMs: since, limit: limit)
        let response: Proto.ListAlertsResponse = try await channel.call("ListAlerts", request, options: options)
        return response.alerts
    }

    public func status(options: CallOptions = CallOptions()) async throws(FieldsealError) -> AuditStatus {
        try await channel.call("Status", Proto.AuditStatusRequest(), options: options)
    }

    /// Signs a finding of the status off; the first review stays.
    /// - Parameter note: why it needs no further work, 1 to 1,000 bytes.
    public func review(
        _ finding: AuditFinding, note: String, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) {
        let _: Proto.ReviewFindingResponse = try await channel.call(
            "ReviewFinding", Proto.ReviewFindingRequest(finding: finding, note: note), options: options)
    }

    /// Keeps months of the log from being archived until the hold is released.
    /// - Parameters:
    ///   - name: 1 to 64 characters out of a-z, 0-9 and the hyphen; of no hold before.
    ///   - first: the first month, e.g. `2026-01`, by the time at which the log took the events.
    ///   - last: the last one; empty: no end.
    ///   - reason: 1 to 1,000 bytes.
    /// - Returns: the bundles of those of its months that are archived already: they are to be kept, too.
    public func placeHold(
        _ name: String, from first: String, through last: String = "", reason: String,
        options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [String] {
        let response: Proto.PlaceHoldResponse = try await channel.call(
            "PlaceHold", Proto.PlaceHoldRequest(name: name, firstMonth: first, lastMonth: last, reason: reason),
            options: options)
        return response.archived
    }

    /// - Parameter reason: 1 to 1,000 bytes.
    public func releaseHold(
        _ name: String, reason: String, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) {
        let _: Proto.ReleaseHoldResponse = try await channel.call(
            "ReleaseHold", Proto.ReleaseHoldRequest(name: name, reason: reason), options: options)
    }
}

/// The events of a running `tail`, one by one.
public typealias AuditTail = StreamedItems<Proto.QueryResponse, StoredAuditEvent>
