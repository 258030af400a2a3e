import FieldsealClient
import FieldsealMessages
import Foundation
import Testing

@testable import CommandLineTool

/// The page for auditors, against the files beside this one.
@Suite struct AuditReportTests {
    private static let hostile = "spiffe://a/<script>alert('x')</script>|[b](javascript:c)&"
    private static let note = """
        example.org/log
        7
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

        \u{2014} example.org/log AAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==

        """

    private static func use(
        _ operation: AuditOperation, by actor: String = "spiffe://a/backend", version: UInt64 = 1, _ succeeded: UInt64,
        failed: UInt64 = 0
    ) -> AuditUse {
        AuditUse(
            actor: actor, operation: operation, table: "users", field: "email", keyVersion: version,
            succeeded: succeeded, failed: failed, firstUnixUs: 1_782_900_000_000_000 + Int64(version),
            lastUnixUs: 1_782_900_100_000_000 + Int64(version))
    }

    private static let cluster = TestCluster { method, payload in
        switch method {
        case "SummarizeUse":
            let filter = try Proto.SummarizeUseRequest(decoding: payload).filter ?? .init()
            #expect(filter.fromUnixUs == 1_782_856_800_000_000 && filter.untilUnixUs == 1_785_535_200_000_000)
            switch filter.outcome {
            case .any:
                return Proto.SummarizeUseResponse(uses: [
                    use(.decrypt, 40), use(.decrypt, version: 2, 2, failed: 1), use(.encrypt, version: 2, .max),
                    use(.encrypt, version: 3, 9), use(.rewrap, by: hostile, 1),
                ])
            case .failure:
                return Proto.SummarizeUseResponse(uses: [use(.decrypt, version: 2, 0, failed: 1)], truncated: true)
            default: return Proto.SummarizeUseResponse()
            }
        case "Query":
            return Proto.QueryResponse(events: [
                Proto.StoredEvent(
                    event: .init(
                        firstUnixUs: 1_782_900_000_000_000, actor: "spiffe://a/admin", operation: .rotateKey,
                        keyVersion: 0xabc, count: 1, object: "users.email"))
            ])
        case "Status":
            return Proto.AuditStatusResponse(
                events: 99, treeSize: 8, checkpointSize: 8, publishedSize: 7, publishedUnixUs: 1_785_000_000_000_000,
                findings: [
                    .init(
                        kind: "open-epoch", producer: "spiffe://a/service", sequence: 4,
                        foundUnixUs: 1_782_900_000_000_000,
                        reviewer: "spiffe://a/auditor", reviewedUnixUs: 1_782_990_000_000_000, note: "a *power* cut"),
                    .init(kind: "gap", producer: "", sequence: 1, foundUnixUs: 1_790_000_000_000_000),
                ], openFindings: 1,
                archives: [
                    .init(month: "2026-05", bundle: "audit-2026-05.bundle"),
                    .init(month: "2026-06", bundle: "audit-2026-06.bundle"), .init(month: "2026-07"),
                ])
        default: return Proto.CheckpointResponse(note: Array(note.utf8))
        }
    }

    @Test(arguments: ["markdown", "html"]) func thePageIsThatOfTheFile(format: String) async throws {
        let (status, output, errors) = try await Self.cluster.runConfigured(
            "audit", "report", "--from", "2026-07-01", "--to", "2026-08-01", "--time-zone", "Europe/Berlin", "--format",
            format)
        #expect((status, errors) == (.done, ""))
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "report.\(format == "html" ? "html" : "md")")
        if ProcessInfo.processInfo.environment["FIELDSEAL_WRITE_GOLDEN"] != nil {
            try output.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(output == (try String(contentsOf: file, encoding: .utf8)))
        #expect(!output.contains("<script"))
    }

    @Test func aPeriodHasALength() async throws {
        let (status, _, errors) = try await Self.cluster.runConfigured(
            "audit", "report", "--from", "2026-08-01", "--to", "2026-08-01")
        #expect(status == .usage && errors.contains("--from must be before --to"))
    }
}
