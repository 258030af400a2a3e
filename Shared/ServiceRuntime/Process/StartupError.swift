/// Why a server did not start, in one line that names the mend, and the exit code that says so (sysexits.h).
public struct StartupError: Error, Hashable, Sendable, CustomStringConvertible {
    public let exitCode: Int32
    public let description: String

    public init(exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }

    /// 64: the command line is wrong.
    public static func usage(_ description: String) -> Self { Self(exitCode: 64, "\(description); see --help") }
    /// 69: something that the server needs does not answer.
    public static func unavailable(_ description: String) -> Self { Self(exitCode: 69, description) }
    /// 70: an error of the server's own.
    public static func software(_ description: String) -> Self { Self(exitCode: 70, description) }
    /// 71: the operating system refused something.
    public static func system(_ description: String) -> Self { Self(exitCode: 71, description) }
    /// 78: configuration, policy or certificates are wrong.
    public static func configuration(_ description: String) -> Self { Self(exitCode: 78, description) }
}
