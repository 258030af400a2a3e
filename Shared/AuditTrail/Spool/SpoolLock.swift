/// The file `producer`: locked by the process that uses the spool, and naming the only producer that may.
enum SpoolLock {
    static let fileName = "producer"

    static func take(_ producer: String, in fileSystem: any FileSystem) throws(SpoolError) -> any SpoolFile {
        let file = try fileSystem.lock(fileName)
        let owner = try file.read(at: 0, count: AuditActor.maximumLength + 1)
        // A line that was torn while it was first written has no end, and no record was written before it.
        guard owner.last == UInt8(ascii: "\n") else {
            try file.truncate(to: 0)
            try file.write(Array((producer + "\n").utf8), at: 0)
            try file.synchronize()
            try fileSystem.synchronize()
            return file
        }
        guard owner.dropLast().elementsEqual(producer.utf8) else {
            throw SpoolError(
                code: .foreign,
                description:
                    "audit spool: the directory belongs to \(String(decoding: owner.dropLast(), as: UTF8.self))")
        }
        return file
    }
}
