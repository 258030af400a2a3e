import FieldsealRPCTransport
import Foundation

/// A certificate authority made for one test run by the openssl command, and what it signed.
struct TestAuthority {
    let folder: URL

    /// The authority that servers and clients of the tests trust.
    static let trusted = Result { try TestAuthority("trusted") }
    /// One with which nobody has anything to do.
    static let other = Result { try TestAuthority("other") }

    static let server = "spiffe://test.local/service/server"
    static let client = "spiffe://test.local/backend/client"

    init(_ name: String) throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("fieldseal-\(name)-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key",
            "-out", "ca.pem", "-subj", "/CN=\(name)", "-days", "2")
    }

    /// Signs a certificate.
    ///
    /// - Parameters:
    ///   - names: subject alternative names, e.g. `URI:spiffe://a/b`.
    ///   - days: below 0: expired.
    func settings(
        _ names: [String], usages: [String] = ["clientAuth", "serverAuth"], days: Int = 1, denied: Set<String> = []
    ) throws -> TLSSettings {
        let leaf = UUID().uuidString
        var request = [
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "\(leaf).key",
            "-out", "\(leaf).csr", "-subj", "/CN=leaf",
        ]
        if !names.isEmpty { request += ["-addext", "subjectAltName=\(names.joined(separator: ","))"] }
        if !usages.isEmpty { request += ["-addext", "extendedKeyUsage=\(usages.joined(separator: ","))"] }
        try openssl(request)
        try openssl(
            "x509", "-req", "-in", "\(leaf).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-copy_extensions", "copyall",
            "-days", "\(days)", "-out", "\(leaf).pem")
        return TLSSettings(
            certificateChain: path("\(leaf).pem"), privateKey: path("\(leaf).key"), trustRoots: path("ca.pem"),
            deniedIdentities: denied)
    }

    func settings(_ identity: String, days: Int = 1, denied: Set<String> = []) throws -> TLSSettings {
        try settings(["URI:\(identity)"], days: days, denied: denied)
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    @discardableResult
    func openssl(_ arguments: String...) throws -> String { try openssl(arguments) }

    @discardableResult
    func openssl(_ arguments: [String], allowFailure: Bool = false) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, output)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard allowFailure || process.terminationStatus == 0 else { throw CommandFailure(text: text) }
        return text
    }
}

struct CommandFailure: Error {
    var text: String
}
