import FieldsealCrypto
import FieldsealMessages
import FieldsealSecureMemory
import Synchronization

@testable import EncryptionService

/// Keys made in the process under the rules of key management, for tests of everything that uses them.
final class TestKeySource: KeySource {
    struct Version {
        var profile: FieldProfile
        var suite: CipherSuite
        var version: UInt64
        var key: [UInt8]
        var failure: ItemFailure?
        /// The version that it superseded, as long as values are sealed under both.
        var partner: UInt64?
        var isCompromised = false
        var leased: UInt64 = 0
    }

    private struct Subject {
        var name: [UInt8]
        let id = ObjectID.random()
        let key = (0..<32).map { _ in UInt8.random(in: 0...255) }
        var isCompromised = false
        var isErased = false

        func opened() throws -> SubjectKey { try SubjectKey(id: id, key: SecretBytes(copying: key)) }
    }

    private struct State {
        var versions: [String: [Version]] = [:]
        var calls = 0
        var asked: [KeySelector] = []
        var outage: ItemFailure?
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
        var actors: [String] = []
        /// The keys of a subject one after the other.
        var subjects: [Subject] = []
        var followers: [[UInt8]: AsyncThrowingStream<Proto.KeyChanges, any Error>.Continuation] = [:]
        var acknowledged: [[UInt8]: UInt64] = [:]
        var followed: [UInt64] = []
        var largestLease = UInt32.max
        var sealLimit = UInt64(1) << 32
        var leases: [LeaseRequest] = []
    }

    private let state = Mutex(State())
    let ttl: UInt32

    init(ttl: UInt32 = 300) {
        self.ttl = ttl
    }

    var calls: Int { state.withLock { $0.calls } }
    var asked: [KeySelector] { state.withLock { $0.asked } }
    var actors: [String] { state.withLock { $0.actors } }

    /// Calls of `lease`.
    var leases: [LeaseRequest] { state.withLock { $0.leases } }
    /// Seals given out by version.
    var leased: [UInt64: UInt64] {
        state.withLock { state in
            Dictionary(state.versions.values.joined().map { ($0.version, $0.leased) }, uniquingKeysWith: { $1 })
        }
    }

    /// - Parameters:
    ///   - largest: seals of one lease.
    ///   - total: of one version.
    func limitSeals(largest: UInt32 = .max, total: UInt64 = 1 << 32) {
        state.withLock { ($0.largestLease, $0.sealLimit) = (largest, total) }
    }

    func setOutage(_ failure: ItemFailure?) { state.withLock { $0.outage = failure } }

    /// What each process has acknowledged.
    var acknowledged: [[UInt8]: UInt64] { state.withLock { $0.acknowledged } }
    /// The positions from which was followed.
    var followed: [UInt64] { state.withLock { $0.followed } }

    /// Tells all who follow.
    func tell(_ changes: Proto.KeyChanges) {
        for follower in state.withLock({ Array($0.followers.values) }) { follower.yield(changes) }
    }

    func endStreams() {
        let followers = state.withLock { state in
            defer { state.followers = [:] }
            return Array(state.followers.values)
        }
        for follower in followers { follower.finish() }
    }

    func changes(after position: UInt64, replica: [UInt8]) -> AsyncThrowingStream<Proto.KeyChanges, any Error> {
        let (stream, continuation) = AsyncThrowingStream<Proto.KeyChanges, any Error>.makeStream()
        state.withLock { state in
            state.followed.append(position)
            state.followers[replica] = continuation
        }
        continuation.yield(Proto.KeyChanges(position: max(1, position)))
        return stream
    }

    func acknowledge(_ position: UInt64, replica: [UInt8]) async throws(ItemFailure) {
        state.withLock { $0.acknowledged[replica] = position }
    }

    /// Answers wait until `release`.
    func hold() { state.withLock { $0.isHeld = true } }

    func release() {
        let held = state.withLock { state in
            state.isHeld = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    /// - Returns: the first version.
    @discardableResult
    func addField(
        _ name: String, suite: CipherSuite = .aes256GCM, rowBound: Bool = false, recordKeys: Bool = false,
        subjectKeys: Bool = false, isDual: Bool = false, indexes: [FieldProfile.Index] = [],
        keyColumns: [String] = ["id"]
    ) -> UInt64 {
        let profile = FieldProfile(
            name: name, tableID: .random(), fieldID: .random(), sensitivity: 3, rowBound: rowBound,
            recordKeys: recordKeys, subjectKeys: subjectKeys, isDual: isDual, activeVersion: 0, indexes: indexes,
            keyColumns: keyColumns)
        return addVersion(of: profile, suite: suite)
    }

    /// Makes a new active version of a field that is there.
    @discardableResult
    func rotate(_ name: String) -> UInt64 {
        guard let last = state.withLock({ $0.versions[name]?.last }) else { return 0 }
        return addVersion(of: last.profile, suite: last.suite, partner: last.profile.isDual ? last.version : nil)
    }

    /// The window of the last rotation closes: values are sealed under the active version alone.
    func closeWindow(_ name: String) {
        state.withLock { state in
            guard let last = state.versions[name]?.indices.last else { return }
            state.versions[name]?[last].partner = nil
        }
    }

    /// The version before is the active one again.
    func rollBack(_ name: String) {
        state.withLock { state in
            guard let count = state.versions[name]?.count, count > 1 else { return }
            state.versions[name]?.swapAt(count - 1, count - 2)
            state.versions[name]?[count - 2].partner = nil
        }
    }

    /// - Returns: the id of the subject's key.
    @discardableResult
    func eraseSubject(_ name: String) -> ObjectID? {
        state.withLock { state in
            let name = Array(name.utf8)
            for index in state.subjects.indices where state.subjects[index].name == name {
                state.subjects[index].isErased = true
            }
            return state.subjects.last { $0.name == name }?.id
        }
    }

    /// The keys that subjects have are given for a rewrap alone, and each gets another.
    func compromiseSubjects() {
        state.withLock { state in
            for index in state.subjects.indices { state.subjects[index].isCompromised = true }
        }
    }

    func refuse(_ name: String, version: UInt64, as failure: ItemFailure) {
        state.withLock { state in
            guard let index = state.versions[name]?.firstIndex(where: { $0.version == version }) else { return }
            state.versions[name]?[index].failure = failure
        }
    }

    /// The version is given for a rewrap alone, and the field gets a new one.
    @discardableResult
    func compromise(_ name: String, version: UInt64) -> UInt64 {
        state.withLock { state in
            guard let index = state.versions[name]?.firstIndex(where: { $0.version == version }) else { return }
            state.versions[name]?[index].isCompromised = true
        }
        return rotate(name)
    }

    private func addVersion(of profile: FieldProfile, suite: CipherSuite, partner: UInt64? = nil) -> UInt64 {
        var profile = profile
        profile.activeVersion = KeyVersion.random().rawValue
        let version = Version(
            profile: profile, suite: suite, version: profile.activeVersion,
            key: (0..<32).map { _ in .random(in: 0...255) }, partner: partner)
        state.withLock { $0.versions[profile.name, default: []].append(version) }
        return version.version
    }

    func fieldKeys(_ requests: [FieldKeyRequest]) async throws(ItemFailure) -> [Result<FieldKeyMaterial, ItemFailure>] {
        try await enter(asking: requests.map(\.selector))
        return requests.map { request in
            let selector = request.selector
            let versions = state.withLock { $0.versions[selector.field] ?? [] }
            guard let active = versions.last else { return .failure(.fieldUnknown) }
            let found = selector.isActive ? active : versions.first { $0.version == selector.version }
            guard let found else { return .failure(.versionUnknown) }
            if let failure = found.failure { return .failure(failure) }
            if found.isCompromised, !selector.forRewrap { return .failure(.versionCompromised) }
            return Result { () throws(ItemFailure) in
                let isActive = found.version == active.version
                let counts = selector.isActive && found.suite.hasSealLimit && found.partner == nil
                var leased: UInt32 = 0
                if counts, request.held != found.version, request.seals > 0 {
                    leased = try grant(request.seals, of: found.version, field: selector.field)
                }
                return try material(found, isActive: isActive, leased: leased)
            }
        }
    }

    func lease(_ requests: [LeaseRequest]) async throws(ItemFailure) -> [Result<UInt32, ItemFailure>] {
        try await enter(asking: [])
        state.withLock { $0.leases += requests }
        return requests.map { request in
            Result { () throws(ItemFailure) in
                guard state.withLock({ $0.versions[request.field]?.last?.version == request.version }) else {
                    throw .versionInactive
                }
                return try grant(request.seals, of: request.version, field: request.field)
            }
        }
    }

    private func grant(_ count: UInt32, of version: UInt64, field: String) throws(ItemFailure) -> UInt32 {
        let granted = state.withLock { state in
            guard let index = state.versions[field]?.firstIndex(where: { $0.version == version }) else {
                return UInt32(0)
            }
            let leased = state.versions[field]?[index].leased ?? 0
            let granted = min(
                count, state.largestLease, UInt32(clamping: state.sealLimit - min(leased, state.sealLimit)))
            state.versions[field]?[index].leased += UInt64(granted)
            return granted
        }
        guard granted > 0 else { throw .versionExhausted }
        return granted
    }

    func subjectKeys(_ selectors: [KeySelector]) async throws(ItemFailure) -> [Result<SubjectKeyMaterial, ItemFailure>]
    {
        let found = state.withLock { state in selectors.map { Self.find($0, &state) } }
        try await enter(asking: selectors)
        return found.map { found in
            Result { () throws(ItemFailure) in
                let (key, successor) = try found.get()
                do {
                    return SubjectKeyMaterial(key: try key.opened(), successor: try successor?.opened(), ttl: ttl)
                } catch {
                    throw .unexpected
                }
            }
        }
    }

    private static func find(
        _ selector: KeySelector, _ state: inout State
    ) -> Result<(key: Subject, successor: Subject?), ItemFailure> {
        guard let subject = selector.subject, let field = state.versions[selector.field]?.last else {
            return .failure(.fieldUnknown)
        }
        let found: Subject
        switch subject {
        case .name(let name):
            guard field.profile.subjectKeys else { return .failure(.subjectUnexpected) }
            found = current(name, &state)
        case .key(let id):
            guard let known = state.subjects.first(where: { $0.id == id }) else { return .failure(.subjectUnknown) }
            found = known
        }
        guard !found.isErased else { return .failure(.subjectErased) }
        guard found.isCompromised else { return .success((found, nil)) }
        return selector.forRewrap ? .success((found, current(found.name, &state))) : .failure(.subjectCompromised)
    }

    /// The key of a subject's values, made where there is none.
    private static func current(_ name: [UInt8], _ state: inout State) -> Subject {
        if let known = state.subjects.last(where: { $0.name == name && (!$0.isCompromised || $0.isErased) }) {
            return known
        }
        let made = Subject(name: name)
        state.subjects.append(made)
        return made
    }

    func auditHashKey() async throws(ItemFailure) -> AuditHashMaterial {
        try await enter(asking: [.auditHash])
        do {
            return AuditHashMaterial(
                version: 7, key: try SecretBytes(copying: [UInt8](repeating: 7, count: 32)), ttl: ttl)
        } catch {
            throw .unexpected
        }
    }

    func ensureFieldKeys(
        _ fields: [String], actor: String
    ) async throws(ItemFailure) -> [Result<Proto.FieldKeyReference, ItemFailure>] {
        try await enter(asking: fields.map { .active($0) })
        state.withLock { $0.actors.append(actor) }
        return fields.map { field in
            guard let active = state.withLock({ $0.versions[field]?.last }) else { return .failure(.fieldUnknown) }
            return .success(
                Proto.FieldKeyReference(
                    field: field, fieldID: active.profile.fieldID.bytes, version: active.version,
                    suite: Proto.Suite(rawValue: Int32(active.suite.rawValue)) ?? .unspecified, state: .active))
        }
    }

    func rotateFieldKeys(
        _ fields: [String], actor: String
    ) async throws(ItemFailure) -> [Result<Proto.FieldKeyReference, ItemFailure>] {
        for field in fields { rotate(field) }
        return try await ensureFieldKeys(fields, actor: actor)
    }

    private func material(_ version: Version, isActive: Bool, leased: UInt32) throws(ItemFailure) -> FieldKeyMaterial {
        guard let number = KeyVersion(rawValue: version.version) else { throw .unexpected }
        do {
            let indexKeys = try version.profile.indexes.map { index in
                FieldKeyMaterial.IndexKey(
                    index: index,
                    key: try SecretBytes(copying: [UInt8](repeating: 9, count: 31) + [UInt8(index.bits % 256)]))
            }
            let before = state.withLock { state in
                state.versions[version.profile.name]?.first { $0.version == version.partner }
            }
            var partner: FieldKeyMaterial.Partner?
            if isActive, let before, let number = KeyVersion(rawValue: before.version) {
                partner = FieldKeyMaterial.Partner(version: number, key: try SecretBytes(copying: before.key))
            }
            return FieldKeyMaterial(
                profile: version.profile, version: number, suite: version.suite, isActive: isActive,
                isCompromised: version.isCompromised,
                createdUnixMilliseconds: 0, key: try SecretBytes(copying: version.key), indexKeys: indexKeys,
                partner: partner, ttl: ttl, leased: leased)
        } catch {
            throw .unexpected
        }
    }

    private func enter(asking selectors: [KeySelector]) async throws(ItemFailure) {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                state.calls += 1
                state.asked += selectors
                if state.isHeld { state.held.append(continuation) }
                return state.isHeld
            }
            if !isHeld { continuation.resume() }
        }
        if let outage = state.withLock({ $0.outage }) { throw outage }
    }
}
