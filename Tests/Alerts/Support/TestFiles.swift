import Foundation

/// Files in a folder of one test's own, which goes with this.
final class TestFiles: Sendable {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "/fieldseal-alerts-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    @discardableResult
    func write(_ text: String, to name: String, mode: Int = 0o600) -> String {
        _ = FileManager.default.createFile(
            atPath: path(name), contents: Data(text.utf8), attributes: [.posixPermissions: mode])
        return path(name)
    }

    /// A certificate authority and a certificate for `localhost` and 127.0.0.1 under it, by the openssl command.
    func makeCertificates() throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try openssl(["req", "-x509"] + key + ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test"])
        try openssl(
            ["req"] + key
                + ["-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=x"]
                + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        try openssl([
            "x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-copy_extensions", "copyall",
            "-out", "leaf.pem",
        ])
    }

    private func openssl(_ arguments: [String]) throws {
        struct Failed: Error {}
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
    }
}
