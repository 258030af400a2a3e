/// Why a backup was not made, read or restored, in one line for the operator. Holds no key and nothing of the content.
struct BackupError: Error, Equatable, CustomStringConvertible {
    enum Code: String, Sendable {
        /// Not a backup, or of an unknown version.
        case format
        /// Opened under the right key, yet altered, cut off or put together.
        case damaged
        /// The backup key does not open it.
        case key
        /// It belongs to another store, or the database is not as a restore needs it.
        case target
        /// A file cannot be read or written.
        case file
        /// No backup key is configured.
        case configuration
    }

    let code: Code
    let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    static let notOne = Self(.format, "this is no backup of a key store")
    static let damaged = Self(.damaged, "the backup is damaged: it was altered, cut off or put together from others")
    static let misshapen = Self(.damaged, "the backup's content is not that of a key store")
}
