import FieldsealCrypto
import FieldsealMessages

/// Sealing and opening on the loop's own memory.
extension EncryptionHandler {
    func encodedCount(_ byteCount: Int, _ encoding: Proto.Encoding) -> Int {
        encoding == .text ? TextForm.encodedCount(byteCount: byteCount) : byteCount
    }

    /// Seals into the reply, as the value of a result.
    /// - Parameter hasRecord: whether the record id stands in `record`.
    @inline(__always)
    func seal(
        _ plaintext: UnsafeRawBufferPointer, under material: FieldKeyMaterial, subject: SubjectKey?, hasRecord: Bool,
        context: UnsafeRawBufferPointer?, _ encoding: Proto.Encoding, trailing: Int, _ writer: inout ResultWriter
    ) throws(ItemFailure) {
        let count = material.sealedCount(plaintext.count)
        if encoding == .binary {
            let output = writer.value(count: count, trailing: trailing)
            try seal(plaintext, under: material, subject, hasRecord: hasRecord, context: context, into: output)
        } else {
            let output = writer.value(count: TextForm.encodedCount(byteCount: count), trailing: trailing)
            try scratch.temporarily { () throws(ItemFailure) in
                let sealed = try scratch.take(count)
                try seal(plaintext, under: material, subject, hasRecord: hasRecord, context: context, into: sealed)
                do throws(CryptoError) {
                    try TextForm.encode(UnsafeRawBufferPointer(sealed), into: output)
                } catch {
                    throw ItemFailure(error)
                }
            }
        }
    }

    @inline(__always)
    private func seal(
        _ plaintext: UnsafeRawBufferPointer, under material: FieldKeyMaterial, _ subject: SubjectKey?, hasRecord: Bool,
        context: UnsafeRawBufferPointer?, into output: UnsafeMutableRawBufferPointer
    ) throws(ItemFailure) {
        if let partner = material.partner {
            return try sealDual(
                plaintext, under: material, partner, subject, hasRecord: hasRecord, context: context, into: output)
        }
        let cipher = try ciphers.cipher(for: material, subject)
        try withRecord(hasRecord) { (record) throws(ItemFailure) in
            do throws(CryptoError) {
                try cipher.seal(plaintext, recordID: record, context: context, nonces: ciphers.nonces, into: output)
            } catch {
                throw ItemFailure(error)
            }
        }
    }

    private func sealDual(
        _ plaintext: UnsafeRawBufferPointer, under material: FieldKeyMaterial, _ partner: FieldKeyMaterial.Partner,
        _ subject: SubjectKey?, hasRecord: Bool, context: UnsafeRawBufferPointer?,
        into output: UnsafeMutableRawBufferPointer
    ) throws(ItemFailure) {
        let newer = try ciphers.dualCipher(for: material, subject)
        let older = try ciphers.dualCipher(for: partner, of: material, subject)
        try withRecord(hasRecord) { (record) throws(ItemFailure) in
            do throws(CryptoError) {
                try newer.seal(
                    plaintext, before: older, recordID: record, context: context, nonces: ciphers.nonces, into: output)
            } catch {
                throw ItemFailure(error)
            }
        }
    }

    /// Opens a planned ciphertext.
    /// - Parameter output: `plaintextCount` bytes.
    @inline(__always)
    func open(
        _ plan: PlannedItem, under material: FieldKeyMaterial, hasRecord: Bool, context: UnsafeRawBufferPointer?,
        into output: UnsafeMutableRawBufferPointer
    ) throws(ItemFailure) {
        if plan.header?.suite == nil {
            return try openDual(plan, under: material, hasRecord: hasRecord, context: context, into: output)
        }
        let cipher = try ciphers.cipher(for: material, plan.subject?.key)
        try withRecord(hasRecord) { (record) throws(ItemFailure) in
            do throws(CryptoError) {
                try cipher.open(plan.sealed, recordID: record, context: context, into: output)
            } catch {
                throw ItemFailure(error)
            }
        }
    }

    private func openDual(
        _ plan: PlannedItem, under material: FieldKeyMaterial, hasRecord: Bool, context: UnsafeRawBufferPointer?,
        into output: UnsafeMutableRawBufferPointer
    ) throws(ItemFailure) {
        let cipher = try ciphers.dualCipher(for: material, plan.subject?.key)
        try withRecord(hasRecord) { (record) throws(ItemFailure) in
            do throws(CryptoError) {
                try cipher.open(plan.sealed, recordID: record, context: context, into: output)
            } catch {
                throw ItemFailure(error)
            }
        }
    }

    @inline(__always)
    private func withRecord(
        _ hasRecord: Bool, _ body: (UnsafeRawBufferPointer?) throws(ItemFailure) -> Void
    ) throws(ItemFailure) {
        if hasRecord { try record.withBytes(body) } else { try body(nil) }
    }

    /// The binary form of a ciphertext and its header.
    @inline(__always)
    func parse(
        _ value: UnsafeRawBufferPointer, _ encoding: Proto.Encoding
    ) throws(ItemFailure) -> (sealed: UnsafeRawBufferPointer, header: CiphertextHeader) {
        var sealed = value
        if encoding == .text { sealed = try decoded(value) }
        do throws(CryptoError) {
            return (sealed, try CiphertextHeader(reading: sealed))
        } catch {
            throw ItemFailure(error)
        }
    }

    private func decoded(_ text: UnsafeRawBufferPointer) throws(ItemFailure) -> UnsafeRawBufferPointer {
        guard let count = TextForm.decodedCount(textCount: text.count) else { throw .form }
        let output = try scratch.take(count)
        do throws(CryptoError) {
            try TextForm.decode(text, into: output)
        } catch {
            throw ItemFailure(error)
        }
        return UnsafeRawBufferPointer(output)
    }
}

extension PlannedItem {
    /// Bytes of the plaintext, by the header alone.
    var largestPlaintext: Int { header?.plaintextCount(in: sealed) ?? 0 }

    /// Bytes of the plaintext; what the header promised when the room for it was counted.
    func plaintextCount(under material: FieldKeyMaterial) throws(ItemFailure) -> Int {
        guard let header, header.suite.map({ $0 == material.suite }) ?? !material.suite.isDeterministic else {
            throw .suite
        }
        return header.plaintextCount(in: sealed)
    }
}

extension CiphertextHeader {
    /// The most that sealing adds: under two versions, with a subject key.
    static let largestOverhead = fixedCount + ObjectID.byteCount + DualCipher.overhead

    /// Bytes of the plaintext in a sealed value whose header was read.
    func plaintextCount(in sealed: UnsafeRawBufferPointer) -> Int {
        max(0, sealed.count - overhead)
    }
}
