extension [UInt8] {
    /// Lends the bytes to `body`, which must not keep the pointer; errors keep their type.
    func lend<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try span.bytes.withUnsafeBytes(body)
    }
}
