import ArgumentParser
import FieldsealClient
import FieldsealCustody

struct UnsealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unseal", abstract: "Give a share of the unseal key to the key-management service.",
        discussion: """
            Each replica that the configuration names gets it, sealed to that process. The share is asked for without echo, or \
            read from a file or standard input, one a line; never from the arguments, which other users of the machine can \
            see. Shares that wait are forgotten after 15 minutes.
            """)

    @Option(name: .long, help: ArgumentHelp("File with the share.", valueName: "file"))
    var shareFile: String?

    @Flag(name: .long, help: "Only show how far each replica is; no share is asked for.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let configuration = try ClientConfiguration.load(connection.config)
        guard let service = configuration.keys else {
            throw CommandFailure(.usage, "the configuration names no keys service; add keys: addresses and identity")
        }
        let shares = dryRun ? [] : try self.shares()
        var results: [(address: String, result: Result<UnsealProgress, FieldsealError>)] = []
        for address in service.addresses {
            let result = try await connection.withClient(of: configuration.alone(.keys, at: address)) { client in
                try await give(shares, to: client, identity: service.identity)
            }
            results.append((address.description, result))
        }
        show(results)
        try reportFailures(results.map(\.result), names: results.map(\.address))
    }

    private func give(
        _ shares: [Share], to client: FieldsealClient, identity: String
    ) async throws -> Result<UnsealProgress, FieldsealError> {
        do {
            var progress = try await client.keys.unsealProgress(options: connection.callOptions)
            for share in shares where progress.sealed {
                let sealed = try share.given(to: progress.recipient, identity: identity)
                progress = try await client.keys.unseal(sealedShare: sealed, options: connection.callOptions)
            }
            return .success(progress)
        } catch let error as FieldsealError {
            return .failure(error)
        }
    }

    private func shares() throws -> [Share] {
        let most = 1 << 14
        let bytes: [UInt8]?
        if let shareFile {
            bytes = try SmallFile.bytes(of: shareFile, most: most)
        } else if Console.current.isInputTerminal {
            bytes = Console.current.secret("Share: ")
        } else {
            bytes = Console.current.input(most)
        }
        guard let bytes, let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.usage, "no share was given")
        }
        let shares = try text.split(whereSeparator: \.isNewline).map { try Share.typed(String($0)) }
        guard !shares.isEmpty else { throw CommandFailure(.usage, "no share was given") }
        return shares
    }

    private func show(_ results: [(address: String, result: Result<UnsealProgress, FieldsealError>)]) {
        if output.json {
            let list = results.map { address, result in
                JSON.object([("address", .string(address)), ("result", result.json { $0.jsonMembers })])
            }
            Console.current.show(JSON.array(list).text())
            return
        }
        var table = Table(["ADDRESS", "STATE", "SHARES"])
        for (address, result) in results {
            guard case .success(let progress) = result else { continue }
            table.append([
                address, progress.sealed ? "sealed" : "unsealed",
                progress.sealed && progress.threshold > 0 ? "\(progress.given) of \(progress.threshold)" : "-",
            ])
        }
        if results.contains(where: { (try? $0.result.get()) != nil }) { Console.current.show(table.text) }
    }
}

extension UnsealProgress {
    fileprivate var jsonMembers: [(String, JSON)] {
        [
            ("sealed", .bool(sealed)), ("set", setID.isEmpty ? .null : .string(Hexadecimal.encode(setID))),
            ("threshold", .unsigned(UInt64(threshold))), ("given", .unsigned(UInt64(given))),
        ]
    }
}
