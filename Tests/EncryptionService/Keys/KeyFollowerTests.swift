import FieldsealCrypto
import FieldsealMessages
import FieldsealSecureMemory
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import EncryptionService

@Suite(.timeLimit(.minutes(1))) struct KeyFollowerTests {
    private let source = TestKeySource(ttl: 300)
    private let store = FieldKeyStore(capacity: 64)
    private let clock = TestClock()

    /// Runs `body` beside a follower that has heard key management.
    private func following(
        _ caches: EventLoopCaches = EventLoopCaches(),
        _ body: @escaping @Sendable (KeyLoader, SignsOfLife) async throws -> Void
    ) async throws {
        let work = BackgroundWork()
        let signs = SignsOfLife(at: clock.now())
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loader = KeyLoader(source: source, store: store, work: work, clock: clock, logger: logger, signs: signs)
        let follower = KeyFollower(
            source: source, loader: loader, caches: caches, signs: signs, clock: clock, logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await work.run() }
            group.addTask { try await follower.run() }
            group.addTask {
                while follower.position == 0 { await Task.yield() }
                try await body(loader, signs)
                throw Done()
            }
            do { while try await group.next() != nil {} } catch is Done {}
            group.cancelAll()
        }
    }

    private struct Done: Error {}

    private func acknowledged(_ position: UInt64) async {
        while source.acknowledged.values.first != position { await Task.yield() }
    }

    /// An erasure or a compromise of the time before the stream is not told.
    @Test func keysOfSubjectsFromBeforeTheStreamAreForgotten() async throws {
        let selector = KeySelector.subject(.name([1]), of: "users.email")
        let key = try SubjectKey(id: .random(), key: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
        let entry = SubjectKeyEntry(key: key, lifetime: CacheLifetime(requested: clock.now(), ttl: 300, spread: 0))
        #expect(store.insert(entry, answering: selector, at: clock.now()))
        try await following { [store, clock] _, _ in
            #expect(store.subject(for: selector, at: clock.now()) == nil && entry.isRevoked)
        }
    }

    @Test func keysOfSubjectsAreGoneBeforeTheirCompromiseIsAcknowledged() async throws {
        source.addField("users.email", subjectKeys: true)
        try await following { [source, store, clock] loader, _ in
            let selector = KeySelector.subject(.name([1]), of: "users.email")
            let former = await loader.loaded([selector]).subjects[selector]
            clock.advance(seconds: 1)
            source.compromiseSubjects()
            source.tell(Proto.KeyChanges(position: 7, changes: [Proto.KeyChange(kind: .subjectsSuperseded)]))
            await acknowledged(7)
            #expect(store.subject(for: selector, at: clock.now()) == nil && former?.isRevoked == true)
            let current = await loader.loaded([selector]).subjects[selector]
            #expect(former != nil && current != nil && current?.key.id != former?.key.id)
        }
    }

    @Test func aRevokedVersionIsGoneBeforeItIsAcknowledged() async throws {
        let version = source.addField("users.email")
        try await following { [source, store, clock] loader, _ in
            let selector = KeySelector.active("users.email")
            let entry = await loader.loaded([selector]).entries[selector]
            clock.advance(seconds: 1)
            let next = source.rotate("users.email")
            source.refuse("users.email", version: version, as: .versionCompromised)
            source.tell(
                Proto.KeyChanges(
                    position: 7,
                    changes: [
                        Proto.KeyChange(kind: .keyRevoked, field: "users.email", version: version),
                        Proto.KeyChange(kind: .keyAdded, field: "users.email", version: next),
                    ]))
            await acknowledged(7)
            #expect(entry?.isRevoked == true)
            let old = KeySelector(field: "users.email", version: version)
            #expect(store.entry(for: old, at: clock.now()) == nil)
            #expect(await loader.loaded([old]).failures[old] == .versionCompromised)
            #expect(await loader.loaded([selector]).entries[selector]?.material.version.rawValue == next)
        }
    }

    @Test func aNewVersionIsLoadedAheadAndNoCallMissesIt() async throws {
        source.addField("users.email")
        try await following { [source, store, clock] loader, _ in
            let selector = KeySelector.active("users.email")
            let first = await loader.loaded([selector]).entries[selector]
            clock.advance(seconds: 1)
            source.hold()
            let next = source.rotate("users.email")
            source.tell(
                Proto.KeyChanges(
                    position: 7, changes: [Proto.KeyChange(kind: .keyAdded, field: "users.email", version: next)]))
            while source.asked.filter({ $0 == selector }).count < 2 { await Task.yield() }
            #expect(store.entry(for: selector, at: clock.now()) === first, "what is held serves on")
            #expect(source.acknowledged.values.first != 7)
            source.release()
            await acknowledged(7)
            #expect(store.entry(for: selector, at: clock.now())?.material.version.rawValue == next)
            #expect(first?.isRevoked == false)
        }
    }

    @Test func anAnswerFromBeforeTheRevocationIsNotKept() async throws {
        let version = source.addField("users.email")
        try await following { [source, store, clock] loader, _ in
            let old = KeySelector(field: "users.email", version: version)
            source.hold()
            async let loading = loader.loaded([old])
            while !source.asked.contains(old) { await Task.yield() }
            clock.advance(seconds: 1)
            source.tell(
                Proto.KeyChanges(
                    position: 7,
                    changes: [Proto.KeyChange(kind: .keyRevoked, field: "users.email", version: version)]))
            await acknowledged(7)
            let asked = source.asked.count
            source.release()
            _ = await loading
            #expect(source.asked.count > asked, "it is asked for again")
            #expect(store.entry(for: old, at: clock.now()).map { $0.lifetime.requested >= clock.now() } != false)
        }
    }

    @Test func everythingIsForgottenWhereThePositionIsLost() async throws {
        source.addField("users.email")
        try await following { [source, store, clock] loader, _ in
            let selector = KeySelector.active("users.email")
            _ = await loader.loaded([selector, .auditHash])
            source.tell(Proto.KeyChanges(position: 3, lost: true))
            await acknowledged(3)
            #expect(store.entry(for: selector, at: clock.now()) == nil)
            #expect(store.auditHash(at: clock.now()) == nil)
        }
    }

    @Test func aStreamThatEndsIsResumedWhereItWas() async throws {
        try await following { [source] _, _ in
            source.tell(Proto.KeyChanges(position: 42))
            await acknowledged(42)
            source.endStreams()
            while source.followed.last != 42 { await Task.yield() }
        }
    }

    @Test func permissionToSealIsNotRenewedWhileTheStreamIsSilent() async throws {
        let version = source.addField("users.email")
        try await following { [source, clock] loader, signs in
            let (active, old) = (
                KeySelector.active("users.email"), KeySelector(field: "users.email", version: version)
            )
            clock.advance(seconds: 15)
            #expect(!signs.areFresh(at: clock.now()))
            #expect(await loader.loaded([active]).failures[active] == .keysUnavailable)
            #expect(await loader.loaded([old]).entries[old] != nil, "what is stored can be opened")
            source.tell(Proto.KeyChanges(position: 1))
            while !signs.areFresh(at: clock.now()) { await Task.yield() }
            #expect(await loader.loaded([active]).entries[active] != nil)
        }
    }

    @Test func everyEventLoopHasDroppedItBeforeTheAcknowledgement() async throws {
        let version = source.addField("users.email")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 4)
        let caches = EventLoopCaches()
        let seen = Mutex<[UInt64]>([])
        for loop in group.makeIterator() {
            caches.add(loop) { [store] in seen.withLock { $0.append(store.generation) } }
        }
        try await following(caches) { [source, store, clock] loader, _ in
            let selector = KeySelector.active("users.email")
            _ = await loader.loaded([selector])
            clock.advance(seconds: 1)
            let before = store.generation
            let start = ContinuousClock.now
            source.tell(
                Proto.KeyChanges(
                    position: 7,
                    changes: [Proto.KeyChange(kind: .keyRevoked, field: "users.email", version: version)]))
            await acknowledged(7)
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(seen.withLock { $0.filter { $0 > before }.count } == 4)
        }
        try await group.shutdownGracefully()
    }
}
