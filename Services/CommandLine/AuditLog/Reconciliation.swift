import FieldsealClient

/// What producers say that they recorded, against what the log holds. Pure.
struct Reconciliation {
    /// What a producer that was asked says of its present run.
    struct Statement {
        var producer: String
        var address: String
        /// Nil: it did not answer, and `failure` says why.
        var spool: FieldsealClient.SpoolStatus?
        var failure = ""
    }

    struct Line {
        var producer: String
        var epoch: [UInt8]
        var entry: AuditEpoch?
        /// The last block that the producer says it has made; nil: it was not asked, or runs another epoch by now.
        var made: UInt64?
        var waiting: UInt64 = 0
        /// What is missing or too much.
        var differences: [String] = []
        /// What explains itself.
        var remarks: [String] = []
    }

    private(set) var lines: [Line] = []
    /// Producers that did not answer.
    private(set) var unanswered: [Statement]

    /// - Parameter statements: asked for before the log was: what is missing then is missing.
    init(_ statements: [Statement], _ epochs: [AuditEpoch]) {
        unanswered = statements.filter { $0.spool == nil }
        var left = statements
        for epoch in epochs {
            var line = Line(producer: epoch.producer, epoch: epoch.epoch, entry: epoch)
            line.judge(epoch)
            if let place = left.firstIndex(where: { $0.spool?.epoch == epoch.epoch && $0.producer == epoch.producer }) {
                if let spool = left.remove(at: place).spool { line.judge(spool, inLog: epoch.lastSequence) }
            }
            lines.append(line)
        }
        for statement in left {
            guard let spool = statement.spool, !spool.epoch.isEmpty else { continue }
            var line = Line(producer: statement.producer, epoch: spool.epoch)
            line.judge(spool, inLog: 0)
            lines.append(line)
        }
    }

    var differences: Int { lines.reduce(0) { $0 + $1.differences.count } }
}

extension Reconciliation.Line {
    fileprivate mutating func judge(_ epoch: AuditEpoch) {
        let expected = epoch.lastSequence &- epoch.firstSequence &+ 1
        if epoch.blocks < expected { differences.append("\(expected - epoch.blocks) blocks are missing within") }
        if epoch.blocks > expected { differences.append("\(epoch.blocks - expected) blocks stand twice") }
        if epoch.events > epoch.statedEvents {
            differences.append("\(epoch.events - epoch.statedEvents) events more than its blocks have")
        }
        if epoch.events < epoch.statedEvents {
            let count = epoch.statedEvents - epoch.events
            // An event of an outbox that is sent again stands in both blocks and counts once.
            if epoch.outboxEvents > 0 {
                remarks.append("\(count) events have no row: sent twice, or see fieldseal audit verify")
            } else {
                differences.append("\(count) events are missing")
            }
        }
        if epoch.dropped > 0 { differences.append("\(epoch.dropped) items were dropped, as it says itself") }
    }

    fileprivate mutating func judge(_ spool: FieldsealClient.SpoolStatus, inLog logged: UInt64) {
        (made, waiting) = (spool.lastSequence, spool.waitingBlocks)
        // Blocks of earlier epochs may wait before those of this one.
        let acknowledged = spool.lastSequence - min(spool.waitingBlocks, spool.lastSequence)
        if logged < acknowledged {
            differences.append("\(acknowledged - logged) blocks at the end that the log has acknowledged are missing")
        }
        if waiting > 0 { remarks.append("\(waiting) blocks wait in its spool") }
    }
}
