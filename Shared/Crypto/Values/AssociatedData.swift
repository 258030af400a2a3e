/// The associated data of a field's values, built in one buffer that is used over and over. Not thread-safe.
///
/// Label, header and field id, each after its u32 length; then record id and context, each as a presence byte and, when
/// present, u32 length and bytes. Integers are big endian.
final class AssociatedData {
    static let label: StaticString = "fieldseal/v1 value"

    private var storage: UnsafeMutableRawBufferPointer
    private let prefixCount: Int
    private let flagsOffset: Int

    init(header: CiphertextHeader, field: ObjectID) {
        var prefix: [UInt8] = []
        prefix.append(bigEndian: UInt32(Self.label.utf8CodeUnitCount))
        prefix.append(label: Self.label)
        prefix.append(bigEndian: UInt32(CiphertextHeader.byteCount))
        flagsOffset = prefix.count + 2
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
        let recordCount = recordID?.count ?? 0
        let contextCount = context?.count ?? 0
        guard recordCount <= RecordIdentifier.maximumCount, contextCount <= FieldCipher.maximumContextCount else {
            throw CryptoError(.size)
        }
        reserve(prefixCount + 5 + recordCount + 5 + contextCount)
        storage[flagsOffset] = flags.rawValue
        var count = prefixCount
        append(recordID, at: &count)
        append(context, at: &count)
        return UnsafeRawBufferPointer(start: storage.baseAddress, count: count)
    }

    @inline(__always)
    private func append(_ part: UnsafeRawBufferPointer?, at count: inout Int) {
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

    private func reserve(_ count: Int) {
        guard count > storage.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: count * 2, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<prefixCount]))
        storage.deallocate()
        storage = larger
    }
}
