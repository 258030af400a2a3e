public import FieldsealCrypto
public import FieldsealSecureMemory
internal import Synchronization

/// The key that a set of shares makes together.
public struct UnsealKey: Sendable {
    public let set: ShareSet
    /// 32 bytes.
    public let key: SharedSecret

    public init(set: ShareSet, key: SharedSecret) {
        self.set = set
        self.key = key
    }

    /// All shares of it, in the order of their indexes.
    public func split() throws -> [Share] {
        let values = try SecretSharing.split(
            key.bytes, threshold: Int(set.threshold), count: Int(set.count))
        return zip(1...set.count, values).map { Share(set: set, index: $0, value: $1) }
    }

    /// Puts shares of one set together. Whether the right key came of it shows when it opens a master key.
    ///
    /// - Throws: `ShareError.wrongCombination` unless there are as many shares of one set as its threshold asks for.
    public init(combining shares: [Share]) throws {
        guard let set = shares.first?.set, shares.allSatisfy({ $0.set == set }),
            Set(shares.map(\.index)).count == shares.count, shares.count == Int(set.threshold)
        else { throw ShareError.wrongCombination }
        self.init(set: set, key: SharedSecret(try SecretSharing.combine(shares.map { ($0.index, $0.value) })))
    }
}

/// Custody by people: the master key wrapped under an unseal key of which each of them holds a share.
///
/// Wrapped form: u8 format 7 ‖ set (18) ‖ wrapped key; the first 19 bytes are bound into the wrap. Without an unseal key
/// in memory, nothing is wrapped or opened.
public final class SharesProvider: MasterKeyProvider {
    static let format = WrapFormat.shares.rawValue
    static let headerCount = 1 + ShareSet.byteCount

    private let held = Mutex<UnsealKey?>(nil)

    public init() {}

    public static let name = "shares"
    public var name: String { Self.name }
    public var algorithm: String { "shares+\(CipherSuite.xaes256GCMCommitting.name)" }

    /// Takes the key in use, or forgets it.
    public func hold(_ key: UnsealKey?) { held.withLock { $0 = key } }

    /// The set that a wrap asks for, which the wrap alone does not prove.
    public static func set(of wrapped: [UInt8]) -> ShareSet? {
        guard wrapped.count > headerCount, wrapped[0] == format else { return nil }
        return ShareSet(wrapped[1..<headerCount])
    }

    public func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        guard let unsealKey = held.withLock({ $0 }) else {
            throw MasterKeyError(code: .credential, description: "no shares have been made")
        }
        let header = [Self.format] + unsealKey.set.bytes
        return header + (try KeyWrapping(under: unsealKey.key.bytes).wrap(key, as: identity, binding: header))
    }

    public func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        guard let set = Self.set(of: wrapped) else {
            throw MasterKeyError(code: .malformed, description: "the master key is not wrapped for shares")
        }
        guard let unsealKey = held.withLock({ $0 }) else {
            throw MasterKeyError(
                code: .credential, description: "waits for \(set.threshold) of \(set.count) shares (fieldseal unseal)")
        }
        let header = Array(wrapped[..<Self.headerCount])
        do throws(CryptoError) {
            guard unsealKey.set == set else { throw CryptoError(.version) }
            return try KeyWrapping(under: unsealKey.key.bytes).unwrap(
                Array(wrapped[Self.headerCount...]), as: identity, binding: header)
        } catch {
            guard error.isRejection else { throw error }
            throw MasterKeyError(code: .refused, description: "the shares do not open the master key together")
        }
    }
}
