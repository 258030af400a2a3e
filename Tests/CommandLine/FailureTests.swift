import FieldsealMessages
import FieldsealRPC
import Testing

@testable import CommandLineTool

@Suite struct FailureTests {
    @Test(arguments: [
        (RPCStatus.unavailable("no connection"), ProgramStatus.unreachable, "see fieldseal status"),
        (.deadlineExceeded, .unreachable, "allow more time by --timeout"),
        (.permissionDenied("not allowed"), .denied, "policy.yaml"),
        (.notFound("unknown key"), .failed, "NOT_FOUND: unknown key"),
    ])
    func statusesTellFailuresApart(failure: RPCStatus, expected: ProgramStatus, mend: String) async throws {
        let cluster = TestCluster { _, _ in throw failure }
        for arguments in [["keys", "list"], ["audit", "query"], ["audit", "tail"], ["catalog", "show"]] {
            let (status, output, errors) = try await cluster.runConfigured(arguments[0], arguments[1])
            #expect((status, output) == (expected, ""))
            #expect(errors.hasPrefix("fieldseal: \(failure.code.name)") && errors.contains(mend))
            #expect(errors.split(separator: "\n").count == 1)
        }
    }

    @Test(arguments: [
        ["keys", "rotate", "users", "--type", "fek"], ["keys", "rotate", "--type", "index"],
        ["keys", "retire", "users.email", "12"], ["keys", "pause", "--until", "2001-01-01"],
        ["keys", "compromise", "users.email", "--reason", "x"], ["keys", "census", "report", "a.b"],
        ["master", "shares", "people", "--threshold=3", "--shares=2"], ["restore", "accept"],
        ["nonsense"], ["encrypt"], ["keys", "rotate"], ["encrypt", "a.b", "x", "--whole"],
        ["keys", "list", "--type", "x"],
        ["audit", "query", "--operation", "x"], ["audit", "query", "--since", "yesterday"],
        ["status", "--timeout", "0"],
        ["policy", "check", "x", "--operation", "decrypt"], ["audit", "query", "--key-version", "12"],
    ])
    func wrongUsageIsTwo(arguments: [String]) async throws {
        let cluster = TestCluster()
        let (status, output, errors) =
            switch arguments.count {
            case 1: await cluster.run(arguments[0])
            case 2: await cluster.run(arguments[0], arguments[1])
            case 3: await cluster.run(arguments[0], arguments[1], arguments[2])
            case 4: await cluster.run(arguments[0], arguments[1], arguments[2], arguments[3])
            default: await cluster.run(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
            }
        #expect((status, output) == (.usage, ""))
        #expect(errors.hasPrefix("fieldseal: "))
    }

    @Test func aServiceThatIsNotConfiguredIsAMatterOfConfiguration() async throws {
        let file = try TemporaryFile("tls: {certificate: a, key: b, ca: c}\n")
        let (status, _, errors) = await TestCluster(isConfigured: false).run("keys", "list", "--config", file.path)
        #expect(status == .usage)
        #expect(errors == "fieldseal: the configuration names no keys service; add keys: addresses and identity\n")
    }

    @Test func helpIsNoFailure() async {
        let (status, output, errors) = await TestCluster().run("--help")
        #expect((status, errors) == (.done, ""))
        #expect(output.contains("Exit status: 0 done"))
    }

    @Test func aConfigurationFileThatIsNotThereIsNamed() async {
        let (status, _, errors) = await TestCluster().run("keys", "list", "--config", "/nowhere.yaml")
        #expect(status == .usage)
        #expect(errors == "fieldseal: /nowhere.yaml: cannot be read: No such file or directory\n")
    }
}
