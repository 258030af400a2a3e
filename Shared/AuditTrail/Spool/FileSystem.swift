/// What the spool asks of its directory. A boundary, so that tests can put a failing disk behind it. Errors are `noSpace`,
/// `notFound` or `disk`.
///
/// Durability is as POSIX has it: contents are kept by ``SpoolFile/synchronize()``, names by ``synchronize()``.
protocol FileSystem: Sendable {
    /// The names of all files.
    func names() throws(SpoolError) -> [String]
    /// Makes a file; fails where one has that name.
    func create(_ name: String) throws(SpoolError) -> any SpoolFile
    /// Opens a file that exists.
    func open(_ name: String) throws(SpoolError) -> any SpoolFile
    func remove(_ name: String) throws(SpoolError)
    func rename(_ name: String, to other: String) throws(SpoolError)
    /// Puts a file with this content under the name: readers find the old content or the new one.
    func replace(_ name: String, with content: [UInt8]) throws(SpoolError)
    /// Makes creations, removals and renamings durable.
    func synchronize() throws(SpoolError)
    /// Bytes that can still be written.
    func freeBytes() throws(SpoolError) -> Int
    /// Locks a file, made where it is missing, against all other openers until the lock is let go.
    /// Throws `inUse` where another holds it.
    func lock(_ name: String) throws(SpoolError) -> any SpoolFile
}

/// An open file. Used by one thread at a time.
protocol SpoolFile: AnyObject, Sendable {
    func size() throws(SpoolError) -> Int
    /// Writes all bytes from `offset` on, which is not behind the end. After an error, any part of them may have been written.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SpoolError)
    /// Reads up to `target.count` bytes; answers how many, fewer only at the end.
    func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(SpoolError) -> Int
    func truncate(to size: Int) throws(SpoolError)
    /// Makes the content durable. After an error nothing is known about it, and trying again proves nothing.
    func synchronize() throws(SpoolError)
    /// Whether the file still stands under the name it was opened by.
    func isInPlace() throws(SpoolError) -> Bool
}
