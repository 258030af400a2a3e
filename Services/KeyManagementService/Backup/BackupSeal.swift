import FieldsealCrypto
import FieldsealCustody
import FieldsealSecureMemory

/// Turns a store's content into a backup. It opens again what it has sealed, so that no backup leaves that cannot be read.
final class BackupSeal {
    let header: BackupHeader
    private let sealing: SealedStream
    private let opening: SealedStream
    private var pending: [UInt8] = []

    /// Draws a content key and has it wrapped.
    init(of state: StoreRevision, createdUnixUs: Int64, under provider: any MasterKeyProvider) async throws {
        let key = SharedSecret(try SecretBytes.random(count: KeyDerivation.keyCount))
        var header = BackupHeader(
            state: state, createdUnixUs: createdUnixUs, id: .random(), keyVersion: .random(),
            algorithm: provider.algorithm, wrappedKey: [])
        header.wrappedKey = try await provider.wrap(key.bytes, as: header.keyIdentity)
        let opened = try await provider.unwrap(header.wrappedKey, as: header.keyIdentity)
        guard constantTimeEquals(opened, key.bytes) else {
            throw BackupError(.key, "the backup's provider does not give back the key that it wrapped")
        }
        self.header = header
        let encoded = header.encoded
        sealing = try SealedStream(key: key.bytes, header: encoded)
        opening = try SealedStream(key: key.bytes, header: encoded)
    }

    /// Takes content; answers the chunks that are full, sealed.
    func append(_ content: [UInt8]) throws -> [[UInt8]] {
        pending += content
        var sealed: [[UInt8]] = []
        var start = 0
        // The last chunk is kept until more follows: it is sealed in another way.
        while pending.count - start > SealedStream.chunkCount {
            sealed.append(try seal(Array(pending[start..<(start + SealedStream.chunkCount)]), isLast: false))
            start += SealedStream.chunkCount
        }
        pending.removeFirst(start)
        return sealed
    }

    func finish() throws -> [UInt8] {
        let last = try seal(pending, isLast: true)
        pending = []
        return last
    }

    private func seal(_ chunk: [UInt8], isLast: Bool) throws -> [UInt8] {
        let sealed = try sealing.seal(chunk, isLast: isLast)
        guard try opening.open(sealed, isLast: isLast) == chunk else { throw BackupError.damaged }
        return sealed
    }
}
