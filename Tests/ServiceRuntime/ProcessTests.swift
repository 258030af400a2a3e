@testable import FieldsealServiceRuntime
import Logging
import Testing

@Suite struct ProcessTests {
    @Test func readsTheCommandLine() throws {
        #expect(try ServerArguments(["--config", "a"]).configuration == "a")
        #expect(try ServerArguments(["--config=a b"]).configuration == "a b")
        #expect(try ServerArguments(["--config", "a", "--check-config"]).action == .checkConfiguration)
        #expect(try ServerArguments(["--version"]).action == .printVersion)
        #expect(try ServerArguments(["-h"]).action == .printHelp)
        let commands = [
            ServerCommand("--restore", "FILE", modifiers: ["--replace"], help: "x"),
            ServerCommand("--verify", "F", parameters: ["--beside": "G"], help: ""),
        ]
        let call = try ServerArguments(["--replace", "--restore", "b", "--config", "c"], commands: commands)
        #expect(call.action == .perform(.init("--restore", "b", modifiers: ["--replace"])) && call.configuration == "c")
        #expect(try ServerArguments(["--verify", "b"], commands: commands).action == .perform(.init("--verify", "b")))
        let beside = try ServerArguments(["--beside", "c", "--verify", "b"], commands: commands)
        #expect(beside.action == .perform(.init("--verify", "b", parameters: ["--beside": "c"])))
        for wrong in [
            ["--restore"], ["--replace"], ["--verify", "b", "--replace"], ["--restor", "b"], ["--beside", "c"],
            ["--verify", "b", "--beside"], ["--restore", "b", "--beside", "c"],
        ] {
            #expect(throws: StartupError.self) { try ServerArguments(wrong, commands: commands) }
        }
        #expect(ServerArguments.help("x", commands: commands).contains("--restore FILE [--replace]"))
        #expect(ServerArguments.help("x", commands: commands).contains("--verify F [--beside G]"))
        for wrong in [["--config"], ["--conf", "a"], ["a"]] {
            let error = #expect(throws: StartupError.self) { try ServerArguments(wrong) }
            #expect(error?.exitCode == 64)
        }
    }

    @Test func readsDenyLists() throws {
        let text = "# none\n\nspiffe://a/b # gone\n  spiffe://a/c\r\n"
        #expect(try DenyList.identities(in: text, file: "d") == ["spiffe://a/b", "spiffe://a/c"])
        for (bad, line) in [("x", 1), ("\nspiffe://a/b spiffe://a/c", 2), ("\n\nspiffe://a/*", 3)] {
            let error = #expect(throws: ConfigurationError.self) { try DenyList.identities(in: bad, file: "d") }
            #expect(error?.origin == "d:\(line)")
        }
    }

    @Test func aFailedReloadDoesNotKeepTheOthersFromRunning() async {
        struct Refused: Error {}
        let reload = ReloadActions(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await confirmation(expectedCount: 2) { ran in
            reload.add("first") { ran() }
            reload.add("second") { throw Refused() }
            reload.add("third") { ran() }
            await reload.reload()
        }
    }

    @Test func logLinesStayLines() {
        let line = StandardErrorLog.line(
            .text, time: "T", level: .error, label: "server", message: "a\nb\u{1b}[31m",
            metadata: ["key": "x y", "other": "\"\u{2028}", "plain": "z"])
        #expect(line == "T error server: a\\nb\\u001b[31m key=\"x y\" other=\"\\\"\\u2028\" plain=z\n")
        let json = StandardErrorLog.line(
            .json, time: "T", level: .info, label: "server", message: "a\"\\\r", metadata: ["key": "ü\t"])
        #expect(json == #"{"time":"T","level":"info","server":"server","message":"a\"\\\r","key":"ü\t"}"# + "\n")
    }

    @Test func timesAreRFC3339() {
        #expect(Timestamp.text(seconds: 1_795_000_000, milliseconds: 7) == "2026-11-18T11:06:40.007Z")
        #expect(Timestamp.text(seconds: 0, milliseconds: 0) == "1970-01-01T00:00:00.000Z")
    }
}
