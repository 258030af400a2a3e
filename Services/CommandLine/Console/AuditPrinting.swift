import FieldsealClient

extension StoredAuditEvent {
    /// Identifiers in hexadecimal digits; absent values are left out.
    func json(in zone: Zone) -> JSON {
        let event = event ?? AuditEvent()
        var members: [(String, JSON)] = [
            ("index", .unsigned(index)), ("first", .string(Time.text(unixMicroseconds: event.firstUnixUs, in: zone))),
            ("last", .string(Time.text(unixMicroseconds: event.lastUnixUs, in: zone))),
            ("operation", .string(event.operation.word)),
            ("outcome", .string(event.outcomeWord)), ("count", .unsigned(event.count)),
        ]
        func add(_ name: String, _ text: String) {
            if !text.isEmpty { members.append((name, .string(text))) }
        }
        func add(_ name: String, listed bytes: [UInt8]) {
            guard !bytes.isEmpty else { return }
            let starts = stride(from: 0, to: bytes.count, by: 16)
            members.append(
                (name, .array(starts.map { .string(Hexadecimal.encode(Array(bytes[$0..<min($0 + 16, bytes.count)]))) }))
            )
        }
        add("actor", event.actor)
        if event.actorUnverified { members.append(("actor-unverified", .bool(true))) }
        add("asserted-actor", event.assertedActor)
        add("peer", event.peer)
        add("table", event.table)
        add("field", event.field)
        add("key-version", event.keyVersion == 0 ? "" : Hexadecimal.encode(event.keyVersion))
        add("cause", event.cause)
        add("object", event.object)
        if event.storeRevision != 0 { members.append(("store-revision", .unsigned(event.storeRevision))) }
        if let witnessed = event.witnessed { members.append(("witnessed", witnessed.json)) }
        add("hash-key-version", event.hashKeyVersion == 0 ? "" : Hexadecimal.encode(event.hashKeyVersion))
        add("record-hashes", listed: event.recordHashes)
        add("request-ids", listed: event.requestIDs)
        add("trace-ids", listed: event.traceIDs)
        add("producer", producer)
        add("epoch", Hexadecimal.encode(epoch))
        members += [
            ("block", .unsigned(blockSequence)), ("sequence", .unsigned(event.sequence)),
            ("stored", .string(Time.text(unixMicroseconds: storedUnixUs, in: zone))),
        ]
        return .object(members)
    }

    static let headings = ["TIME", "ACTOR", "OPERATION", "OBJECT", "VERSION", "COUNT", "OUTCOME"]

    func cells(in zone: Zone) -> [String] {
        let event = event ?? AuditEvent()
        return [
            Time.text(unixMicroseconds: event.firstUnixUs, in: zone), event.actorText, event.operation.word,
            event.objectText,
            event.keyVersion == 0 ? "-" : Hexadecimal.encode(event.keyVersion), String(event.count),
            event.cause.isEmpty ? event.outcomeWord : "\(event.outcomeWord) (\(event.cause))",
        ]
    }
}

extension AuditEvent {
    var outcomeWord: String {
        outcome == 0 ? "success" : FieldsealError.Code(rawValue: outcome)?.word ?? "code \(outcome)"
    }

    fileprivate var actorText: String {
        let scheme = "spiffe://"
        let name = actor.hasPrefix(scheme) ? String(actor.dropFirst(scheme.count)) : actor
        let who = name.isEmpty ? (peer.isEmpty ? "-" : peer) : actorUnverified ? "\(name)?" : name
        let asserted = assertedActor.hasPrefix(scheme) ? String(assertedActor.dropFirst(scheme.count)) : assertedActor
        return asserted.isEmpty ? who : "\(who) for \(asserted)"
    }

    var objectText: String {
        if !table.isEmpty { return field.isEmpty ? table : "\(table).\(field)" }
        if let witnessed { return "block \(witnessed.sequence) of \(Hexadecimal.encode(witnessed.epoch))" }
        return object.isEmpty ? "-" : object
    }
}

extension EpochStatement {
    fileprivate var json: JSON {
        .object([
            ("epoch", .string(Hexadecimal.encode(epoch))), ("block", .unsigned(sequence)),
            ("hash", .string(Hexadecimal.encode(hash))),
            (
                "uses",
                .array(
                    uses.map { use in
                        .object([
                            ("key-version", .string(Hexadecimal.encode(use.version))),
                            ("operation", .string(use.operation.word)), ("count", .unsigned(use.count)),
                        ])
                    })
            ),
        ])
    }
}
