internal import CFieldsealPlatform
internal import Glibc

/// Keeps a process's memory to itself.
public enum ProcessHardening {
    /// Turns off core dumps, ptrace and reading `/proc/<pid>/mem` by processes of the same user, and Swift's crash
    /// backtracer, which prints memory. Called once, right after ``SecureArena/start(capacity:)``.
    public static func apply() throws(SecureMemoryError) {
        let error = fieldseal_forbid_dumps()
        guard error == 0 else { throw SecureMemoryError(.system, "PR_SET_DUMPABLE failed with errno \(error)") }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        guard setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0 else {
            throw SecureMemoryError(.system, "setting RLIMIT_CORE failed with errno \(errno)")
        }
        // The runtime installs its crash handlers before main; the default action ends the process silently.
        for crash in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
    }
}
