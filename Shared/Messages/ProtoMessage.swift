/// The messages of `Protos/` as Swift values. What is generated lies in `Generated/`.
public enum Proto {
    /// The ttrpc envelope (`Protos/ttrpc.proto`).
    public enum TTRPC {}
}

/// A message of `Protos/`. A sub-message that is absent is nil; unknown fields are skipped.
public protocol ProtoMessage: Sendable, Equatable {
    init()

    /// Decodes by protobuf-c.
    /// - Parameters:
    ///   - bytes: the encoding; not kept.
    ///   - limit: bytes of memory that the unpacked C message may take.
    /// - Throws: `MessageError`; an enum value that is unknown here is an error, a `string` must be UTF-8.
    init(decoding bytes: UnsafeRawBufferPointer, limit: Int) throws(MessageError)

    /// The encoding, by protobuf-c. Fields with default values are left out, the others stand in the order of their numbers.
    func encoded() -> [UInt8]
}

extension ProtoMessage {
    public init(decoding bytes: [UInt8], limit: Int = MessageArena.defaultLimit) throws(MessageError) {
        let result = bytes.withUnsafeBytes { bytes -> Result<Self, MessageError> in
            do throws(MessageError) {
                return .success(try Self(decoding: bytes, limit: limit))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }
}

/// An enum of `Protos/`.
public protocol ProtoEnumeration: RawRepresentable, CaseIterable, Sendable where RawValue == Int32 {}
