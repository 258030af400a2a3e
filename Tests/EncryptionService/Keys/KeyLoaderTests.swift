import Logging
import Synchronization
import Testing

@testable import EncryptionService

@Suite struct KeyLoaderTests {
    private let source = TestKeySource(ttl: 100)
    private let store = FieldKeyStore(capacity: 64)
    private let clock = TestClock()

    /// Runs `body` beside a loader that serves.
    private func withLoader(
        _ limits: KeyLoader.Limits = KeyLoader.Limits(), _ body: @escaping @Sendable (KeyLoader) async -> Void
    ) async throws {
        let work = BackgroundWork()
        let loader = KeyLoader(
            source: source, store: store, work: work, clock: clock, limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup { group in
            group.addTask { try await work.run() }
            group.addTask { await body(loader) }
            try await group.next()
            group.cancelAll()
        }
    }

    @Test func aThousandMissesMakeOneCall() async throws {
        source.addField("users.email")
        source.hold()
        try await withLoader { [source] loader in
            let selector = KeySelector.active("users.email")
            let answers = await withTaskGroup { group in
                for _ in 0..<1_000 { group.addTask { await loader.loaded([selector]) } }
                while loader.waiting < 1_000 { await Task.yield() }
                source.release()
                return await group.reduce(into: 0) { count, loaded in count += loaded.entries[selector] == nil ? 0 : 1 }
            }
            #expect(answers == 1_000)
            #expect(source.asked.filter { $0 == selector }.count == 1)
        }
    }

    @Test func anUnknownVersionIsAskedForOnceInAWhile() async throws {
        source.addField("users.email")
        try await withLoader { [source, clock] loader in
            let selector = KeySelector(field: "users.email", version: 99)
            for _ in 0..<10 {
                #expect(await loader.loaded([selector]).failures == [selector: .versionUnknown])
            }
            #expect(source.asked.filter { $0 == selector }.count == 1)
            clock.advance(seconds: 6)
            _ = await loader.loaded([selector])
            #expect(source.asked.filter { $0 == selector }.count == 2)
        }
    }

    @Test func aVersionMadeElsewhereIsFetched() async throws {
        source.addField("users.email")
        let version = source.rotate("users.email")
        try await withLoader { loader in
            let selector = KeySelector(field: "users.email", version: version)
            #expect(await loader.loaded([selector]).entries[selector]?.material.version.rawValue == version)
        }
    }

    @Test func whoAsksForTooMuchSpendsItsOwnBudget() async throws {
        source.addField("users.email")
        var limits = KeyLoader.Limits()
        limits.missBurst = 3
        try await withLoader(limits) { loader in
            for version in 1...3 as ClosedRange<UInt64> {
                let selector = KeySelector(field: "users.email", version: version)
                #expect(await loader.loaded([selector], identity: "forger").failures[selector] == .versionUnknown)
            }
            let next = KeySelector(field: "users.email", version: 4)
            #expect(await loader.loaded([next], identity: "forger").failures[next] == .missBudget)
            #expect(await loader.loaded([next], identity: "honest").failures[next] == .versionUnknown)
        }
    }

    @Test func anOutageIsNotRememberedLongerThanItLasts() async throws {
        source.addField("users.email")
        source.setOutage(.keysUnavailable)
        try await withLoader { [source] loader in
            let selector = KeySelector.active("users.email")
            #expect(await loader.loaded([selector]).failures[selector] == .keysUnavailable)
            source.setOutage(nil)
            #expect(await loader.loaded([selector]).entries[selector] != nil)
        }
    }

    @Test func keysInUseAreRefreshedAheadAndOthersExpire() async throws {
        source.addField("users.email")
        source.addField("users.idle")
        try await withLoader { [source, store, clock] loader in
            let (used, idle) = (KeySelector.active("users.email"), KeySelector.active("users.idle"))
            let first = await loader.loaded([used, idle]).entries[used]
            first?.markUse()
            clock.advance(seconds: 85)
            loader.tend()
            let version = source.rotate("users.email")
            while store.entry(for: used, at: clock.now()) === first { await Task.yield() }
            #expect(store.entry(for: used, at: clock.now())?.material.version != nil)
            clock.advance(seconds: 20)
            #expect(store.entry(for: used, at: clock.now()) != nil)
            #expect(store.entry(for: idle, at: clock.now()) == nil)
            _ = version
        }
    }

    @Test func servesOnWhileKeyManagementIsDownUntilTheKeysEnd() async throws {
        source.addField("users.email")
        try await withLoader { [source, store, clock] loader in
            let selector = KeySelector.active("users.email")
            await loader.loaded([selector]).entries[selector]?.markUse()
            source.setOutage(.keysUnavailable)
            clock.advance(seconds: 99)
            loader.tend()
            #expect(await loader.loaded([selector]).entries[selector] != nil)
            clock.advance(seconds: 1)
            loader.tend()
            #expect(store.entry(for: selector, at: clock.now()) == nil)
            #expect(await loader.loaded([selector]).failures[selector] == .keysUnavailable)
        }
    }

    @Test func aVersionRetiredMeanwhileIsDroppedByTheRefresh() async throws {
        let version = source.addField("users.email")
        source.rotate("users.email")
        try await withLoader { [source, store, clock] loader in
            let selector = KeySelector(field: "users.email", version: version)
            await loader.loaded([selector]).entries[selector]?.markUse()
            source.refuse("users.email", version: version, as: .versionRetired)
            clock.advance(seconds: 85)
            loader.tend()
            while store.entry(for: selector, at: clock.now()) != nil { await Task.yield() }
            #expect(await loader.loaded([selector]).failures[selector] == .versionRetired)
        }
    }

    @Test func rotationMakesTheNextCallAskForTheNewVersion() async throws {
        source.addField("users.email")
        try await withLoader { [source] loader in
            let selector = KeySelector.active("users.email")
            _ = await loader.loaded([selector])
            let version = source.rotate("users.email")
            loader.activeVersionChanged("users.email")
            #expect(await loader.loaded([selector]).entries[selector]?.material.version.rawValue == version)
        }
    }
}

extension KeyLoader {
    func loaded(
        _ selectors: [KeySelector], identity: String = "spiffe://test/backend", maximumAge: UInt64? = nil
    ) async -> LoadedKeys {
        await loaded(MissingKeys(selectors: Set(selectors)), identity: identity, maximumAge: maximumAge)
    }

    func loaded(
        _ missing: MissingKeys, identity: String = "spiffe://test/backend", maximumAge: UInt64? = nil
    ) async -> LoadedKeys {
        await withCheckedContinuation { continuation in
            load(missing, identity: identity, maximumAge: maximumAge) { continuation.resume(returning: $0) }
        }
    }
}
