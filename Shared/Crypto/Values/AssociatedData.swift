/// The associated data of a field's values, built in one buffer that is used over and over. Not thread-safe.
///
/// Label, header and field id, each after its u32 length; then record id and context, each as a presence byte and, when
/// present, u32 length and bytes. Integers are big endian. Of dual values (suite 6), header and older version stand in
/// front of it, and behind it what was added.
final class AssociatedData {
    static let label: StaticString = "fieldseal/v1 value"

    private var storage: UnsafeMutableRawBufferPointer
    private let prefixCount: Int
    private let headerOffset: Int
    private let isDual: Bool
    private var count = 0

    init(header: CiphertextHeader, field: ObjectID) {
        var prefix: [UInt8] = []
        isDual = header.suite == nil
        if isDual { prefix.append(contentsOf: repeatElement(0, count: header.count + KeyVersion.byteCount)) }
        prefix.append(bigEndian: UInt32(Self.label.utf8CodeUnitCount))
        prefix.append(label: Self.label)
        prefix.append(bigEndian: UInt32(truncatingIfNeeded: header.count))
        headerOffset = prefix.count
        prefix.append(contentsOf: header.bytes)
        prefix.append(bigEndian: UInt32(ObjectID.byteCount))
        prefix.append(id: field)
        prefixCount = prefix.count
        storage = .allocate(byteCount: 256, alignment: 16)
        storage.copyBytes(from: prefix)
    }

    deinit { storage.deallocate() }

    /// The associated data of one value, valid until the next call.
    ///
    /// - Throws: ``CryptoError`` `.size` when record id or context exceed their limits.
    func build(
        flags: CiphertextHeader.Flags, recordID: UnsafeRawBufferPointer?, context: UnsafeRawBufferPointer?
    ) throws(CryptoError) -> UnsafeRawBufferPointer {
        try begin(recordID, context)
        storage[headerOffset + 2] = flags.rawValue
        return finish(recordID, context)
    }

    /// The associated data of the wrapped keys of one dual value, valid until the next call.
    ///
    /// - Parameter header: like the one at the initialisation but for flags and versions.
    /// - Throws: ``CryptoError`` `.size` when record id or context exceed their limits.
    func build(
        header: CiphertextHeader, before: KeyVersion, recordID: UnsafeRawBufferPointer?,
        context: UnsafeRawBufferPointer?
    ) throws(CryptoError) -> UnsafeRawBufferPointer {
        guard isDual, header.count + KeyVersion.byteCount < headerOffset else { throw CryptoError(.parameter) }
        try begin(recordID, context)
        header.write(to: storage)
        storage.storeBytes(of: before.rawValue.bigEndian, toByteOffset: header.count, as: UInt64.self)
        header.write(to: UnsafeMutableRawBufferPointer(rebasing: storage[headerOffset...]))
        return finish(recordID, context)
    }

    /// What was built last and `part` behind it, valid until the next call.
    func add(_ part: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        reserve(count + part.count, keeping: count)
        UnsafeMutableRawBufferPointer(rebasing: storage[count...]).copyMemory(from: part)
        count += part.count
        return UnsafeRawBufferPointer(start: storage.baseAddress, count: count)
    }

    private func begin(_ recordID: UnsafeRawBufferPointer?, _ context: UnsafeRawBufferPointer?) throws(CryptoError) {
        let recordCount = recordID?.count ?? 0
        let contextCount = context?.count ?? 0
        guard recordCount <= RecordIdentifier.maximumCount, contextCount <= FieldCipher.maximumContextCount else {
            throw CryptoError(.size)
        }
        reserve(prefixCount + 5 + recordCount + 5 + contextCount, keeping: prefixCount)
    }

    private func finish(
        _ recordID: UnsafeRawBufferPointer?, _ context: UnsafeRawBufferPointer?
    ) -> UnsafeRawBufferPointer {
        count = prefixCount
        append(recordID)
        append(context)
        return UnsafeRawBufferPointer(start: storage.baseAddress, count: count)
    }

    @inline(__always)
    private func append(_ part: UnsafeRawBufferPointer?) {
        guard let part else {
            storage[count] = 0
            count += 1
            return
        }
        storage[count] = 1
        storage.storeBytes(
            of: UInt32(truncatingIfNeeded: part.count).bigEndian, toByteOffset: count + 1, as: UInt32.self)
        count += 5
        UnsafeMutableRawBufferPointer(rebasing: storage[count...]).copyMemory(from: part)
        count += part.count
    }

    private func reserve(_ needed: Int, keeping kept: Int) {
        guard needed > storage.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: needed * 2, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<kept]))
        storage.deallocate()
        storage = larger
    }
}
