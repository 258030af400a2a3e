/// Why a note, a checkpoint, a proof or a key was refused. Says nothing of its text.
public enum NoteError: Error, Hashable, Sendable {
    /// Not of the format.
    case malformed
    /// Larger than what is read.
    case tooLarge
    /// A key that is no verifier or signer key, or of a type that is not known.
    case key
    /// Two known keys have the same name and id.
    case ambiguousKey
    /// A signature of a known key does not hold.
    case signature
    /// No known key has signed, or too few have.
    case unsigned
    /// Of another log.
    case origin
}
