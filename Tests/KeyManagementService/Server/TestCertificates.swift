import FieldsealRPCTransport
import Foundation
import Testing

/// A certificate authority of this test run, made by compose/certificates.
struct TestCertificates: Sendable {
    static let shared = Result { try TestCertificates() }
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized.path

    let folder: String

    private init() throws {
        folder = NSTemporaryDirectory() + "/fieldseal-certificates-\(UInt64.random(in: 0 ... .max))"
        try run(Self.root + "/compose/certificates", [folder])
    }

    /// What `name` (e.g. `operator`) uses for its side of TLS.
    func settings(_ name: String) -> TLSSettings {
        TLSSettings(
            certificateChain: "\(folder)/\(name).pem", privateKey: "\(folder)/\(name).key",
            trustRoots: "\(folder)/ca.pem")
    }
}

/// Runs a program to its end.
func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(program) failed")
}
