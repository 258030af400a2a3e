import FieldsealCrypto
import FieldsealCustody
import FieldsealSecureMemory
import Glibc

/// A backup's bytes, read from a file from its beginning.
final class BackupFile {
    let header: BackupHeader
    private let descriptor: Int32
    private let size: Int
    private var offset: Int

    /// - Throws: `BackupError` where the file cannot be read or is no backup.
    init(path: String) throws {
        let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else { throw Self.failure(path) }
        do {
            var status = stat()
            guard fstat(opened, &status) == 0 else { throw Self.failure(path) }
            guard status.st_mode & S_IFMT == S_IFREG else { throw BackupError(.file, "\(path) is not a regular file") }
            let size = Int(status.st_size)
            guard size >= BackupHeader.prefixCount else { throw BackupError.notOne }
            let prefix = try Self.read(opened, BackupHeader.prefixCount)
            let count = try BackupHeader.bodyCount(of: prefix)
            guard size >= prefix.count + count + SealedStream.overhead else { throw BackupError.damaged }
            header = try BackupHeader(body: try Self.read(opened, count))
            guard header.encoded.count == prefix.count + count else { throw BackupError.notOne }
            self.size = size
            offset = prefix.count + count
        } catch {
            close(opened)
            throw error
        }
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Opens all chunks, one after the other; each is authenticated before `body` gets it.
    ///
    /// - Throws: `BackupError`: `.key` where the provider refuses, `.damaged` where the file was altered.
    func readChunks(under provider: any MasterKeyProvider, _ body: ([UInt8]) async throws -> Void) async throws {
        let stream = try SealedStream(key: try await key(provider).bytes, header: header.encoded)
        let full = SealedStream.chunkCount + SealedStream.overhead
        while offset < size {
            let count = min(full, size - offset)
            let sealed = try Self.read(descriptor, count)
            offset += count
            let chunk: [UInt8]
            do {
                chunk = try stream.open(sealed, isLast: offset == size)
            } catch {
                guard error.isRejection || error.code == .size else { throw error }
                throw BackupError.damaged
            }
            try await body(chunk)
        }
    }

    private func key(_ provider: any MasterKeyProvider) async throws -> SharedSecret {
        guard header.algorithm == provider.algorithm else {
            throw BackupError(.key, "the backup's key is not wrapped by provider \(provider.name)")
        }
        do {
            return SharedSecret(try await provider.unwrap(header.wrappedKey, as: header.keyIdentity))
        } catch let error as MasterKeyError where error.code == .refused || error.code == .malformed {
            throw BackupError(
                .key, "the backup key does not open this backup: it is another key, or the file was altered")
        } catch let error as MasterKeyError {
            throw BackupError(.key, "the backup key cannot be used: \(error)")
        }
    }

    private static func read(_ descriptor: Int32, _ count: Int) throws(BackupError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), count - filled)
            }
            if got > 0 {
                filled += got
            } else if got == 0 {
                throw .damaged
            } else if errno != EINTR {
                throw BackupError(.file, "the backup cannot be read: \(String(cString: strerror(errno)))")
            }
        }
        return bytes
    }

    private static func failure(_ path: String) -> BackupError {
        BackupError(.file, "\(path): \(String(cString: strerror(errno)))")
    }
}
