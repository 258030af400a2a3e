internal import Synchronization

/// The file `acknowledged`: the last acknowledgement and, in the other of its two places, the one before. It is written in place
/// and nothing waits for the disk; of a place that a crash of the machine has torn, the other one is left.
final class AcknowledgementFile: Sendable {
    static let name = "acknowledged"
    /// Of the second place: in another sector of the disk than the first.
    private static let secondPlace = 4096

    private struct State {
        var file: (any SpoolFile)?
        var isSecond = false
    }

    private let fileSystem: any FileSystem
    private let state = Mutex(State())

    init(in fileSystem: any FileSystem) { self.fileSystem = fileSystem }

    /// The stored one; nil where nothing was acknowledged yet.
    func load() throws(SpoolError) -> Acknowledgement? {
        guard let file = try stored() else { return nil }
        var last: Acknowledgement?
        for place in [0, Self.secondPlace] {
            let content = try file.read(at: place, count: Acknowledgement.encodedBytes)
            guard let found = Acknowledgement(content) else { continue }
            if last.map(found.follows) ?? true { last = found }
        }
        guard let last else { throw .damaged("the file \(Self.name) is damaged") }
        return last
    }

    /// Durable against a crash of the process at once, against one of the machine with ``synchronize()``. An older one found after
    /// a crash costs nothing but sending again.
    func store(_ acknowledgement: Acknowledgement) throws(SpoolError) {
        let result = state.withLock { state -> Result<Void, SpoolError> in
            do throws(SpoolError) {
                return .success(try store(acknowledgement, &state))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// What was stored does not come back older.
    func synchronize() throws(SpoolError) {
        // It may have been a process before this one that stored it.
        var file = state.withLock { $0.file }
        if file == nil { file = try stored() }
        try file?.synchronize()
        try fileSystem.synchronize()
    }

    private func stored() throws(SpoolError) -> (any SpoolFile)? {
        try fileSystem.names().contains(Self.name) ? fileSystem.open(Self.name) : nil
    }

    /// What was there before, of whatever form, is replaced once.
    private func replace(with acknowledgement: Acknowledgement) throws(SpoolError) {
        let encoded = acknowledgement.encoded
        let between = [UInt8](repeating: 0, count: Self.secondPlace - encoded.count)
        try fileSystem.replace(Self.name, with: encoded + between + encoded)
    }

    private func store(_ acknowledgement: Acknowledgement, _ state: inout State) throws(SpoolError) {
        guard let file = state.file else {
            try replace(with: acknowledgement)
            state.file = try fileSystem.open(Self.name)
            return
        }
        try file.write(acknowledgement.encoded, at: state.isSecond ? Self.secondPlace : 0)
        state.isSecond.toggle()
    }
}
