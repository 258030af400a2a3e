import Logging

/// How the answers about field keys come to be: more seals for a key that is at hand, or the key.
extension KeyLoader {
    /// How often an answer may be overtaken by a change before the load fails.
    static let attempts = 16
    /// How often a call may find that others have used up what was leased for it.
    static let sealRounds = 16
    /// Nanoseconds between two attempts to lease ahead where one has failed.
    private static let renewalPause = 2 * UInt64.nanosecondsPerSecond

    func fieldAnswers(to selectors: [KeySelector]) async -> [(KeySelector, Answer)] {
        let answers = await renewLeases(selectors)
        let rest = selectors.filter { answers[$0] == nil }
        return answers.map { ($0.key, $0.value) } + (rest.isEmpty ? [] : await fetchFieldKeys(rest))
    }

    /// Loads keys; an answer that a change has overtaken is asked for again, and an exhausted version without seals.
    func fetchFieldKeys(_ selectors: [KeySelector]) async -> [(KeySelector, Answer)] {
        var (answers, rest) = permitted(selectors)
        var exhausted: Set<KeySelector> = []
        for _ in 0..<Self.attempts where !rest.isEmpty {
            let requested = clock.now()
            let requests = rest.map {
                exhausted.contains($0) ? FieldKeyRequest(selector: $0) : request($0, at: requested)
            }
            do throws(ItemFailure) {
                let results = try await source.fieldKeys(requests)
                guard results.count == rest.count else { throw .unexpected }
                var again: [KeySelector] = []
                for (selector, result) in zip(rest, results) {
                    switch result {
                    case .success(let material):
                        if let entry = keep(material, answering: selector, requested: requested) {
                            answers.append((selector, .key(entry)))
                        } else {
                            again.append(selector)
                        }
                    // Without seals it is of use to those who do not seal.
                    case .failure(.versionExhausted) where exhausted.insert(selector).inserted: again.append(selector)
                    case .failure(let failure): answers.append((selector, refuse(selector, failure)))
                    }
                }
                rest = again
            } catch {
                logger.warning(
                    "field keys were not loaded", metadata: ["cause": "\(error.cause)", "count": "\(rest.count)"])
                return answers + rest.map { ($0, .failure(error)) }
            }
        }
        return answers + rest.map { ($0, .failure(.keysConflict)) }
    }

    /// Loads keys of subjects; an answer that an erasure or a compromise has overtaken is asked for again.
    func fetchSubjectKeys(_ selectors: [KeySelector]) async -> [(KeySelector, Answer)] {
        var answers: [(KeySelector, Answer)] = []
        var rest = selectors
        for _ in 0..<Self.attempts where !rest.isEmpty {
            let requested = clock.now()
            do throws(ItemFailure) {
                let results = try await source.subjectKeys(rest)
                guard results.count == rest.count else { throw .unexpected }
                var again: [KeySelector] = []
                for (selector, result) in zip(rest, results) {
                    switch result {
                    case .success(let material):
                        if let entry = keep(material, answering: selector, requested: requested) {
                            answers.append((selector, .subject(entry)))
                        } else {
                            again.append(selector)
                        }
                    case .failure(let failure): answers.append((selector, refuse(selector, failure)))
                    }
                }
                rest = again
            } catch {
                logger.warning(
                    "subject keys were not loaded", metadata: ["cause": "\(error.cause)", "count": "\(rest.count)"])
                return answers + rest.map { ($0, .failure(error)) }
            }
        }
        return answers + rest.map { ($0, .failure(.keysConflict)) }
    }

    /// While the stream of changes is silent nothing is known of rotations and revocations, and no permission to seal is
    /// renewed.
    private func permitted(_ selectors: [KeySelector]) -> ([(KeySelector, Answer)], [KeySelector]) {
        guard let signs, !signs.areFresh(at: clock.now()) else { return ([], selectors) }
        return (
            selectors.filter(\.isActive).map { ($0, .failure(.keysUnavailable)) }, selectors.filter { !$0.isActive }
        )
    }

    /// Seals are asked for where calls wait for some, and the least of them for a version that takes the place of one in
    /// use, so that no call waits after a rotation. Services that lease without need would use up one version after the
    /// other.
    private func request(_ selector: KeySelector, at now: BootTime) -> FieldKeyRequest {
        guard selector.isActive else { return FieldKeyRequest(selector: selector) }
        let waiting = awaited(selector).seals
        let entry = store.entry(for: selector, at: now)
        guard let entry, let seals = entry.seals else {
            return FieldKeyRequest(selector: selector, seals: waiting > 0 ? LeaseSize().count(with: waiting) : 0)
        }
        guard waiting > 0 else {
            return FieldKeyRequest(
                selector: selector, seals: entry.isUsed ? LeaseSize.bounds.lowerBound : 0,
                held: entry.material.version.rawValue)
        }
        return FieldKeyRequest(
            selector: selector, seals: seals.nextLease(at: now, waiting: waiting),
            held: seals.hasPlenty(for: waiting) ? entry.material.version.rawValue : 0)
    }

    /// The version's budget, with what was leased: the one that the cache has of the version, so that what is left of an
    /// earlier lease is not lost.
    func seals(of material: FieldKeyMaterial) -> SealBudget? {
        guard material.isActive, material.countsNonces else { return nil }
        let now = clock.now()
        let held = store.entry(for: .active(material.profile.name), at: now)
        let known = held?.material.version == material.version ? held?.seals : nil
        let seals = known ?? SealBudget(size: held?.seals?.size ?? LeaseSize())
        seals.add(material.leased, at: now)
        return seals
    }

    /// Adds seals to keys at hand that have few left.
    /// - Returns: answers for those that need not be loaded.
    private func renewLeases(_ selectors: [KeySelector]) async -> [KeySelector: Answer] {
        let now = clock.now()
        var answers: [KeySelector: Answer] = [:]
        var entries: [(entry: FieldKeyEntry, seals: SealBudget)] = []
        var requests: [LeaseRequest] = []
        for selector in permitted(selectors).1 where selector.isActive {
            guard let entry = store.entry(for: selector, at: now), let seals = entry.seals, !entry.isRevoked,
                entry.lifetime.phase(at: now) == .fresh
            else { continue }
            let waiting = awaited(selector)
            guard !seals.hasPlenty(for: waiting.seals) else {
                if !waiting.key { answers[selector] = .key(entry) }
                continue
            }
            entries.append((entry, seals))
            requests.append(
                LeaseRequest(
                    field: selector.field, version: entry.material.version.rawValue,
                    seals: seals.nextLease(at: now, waiting: waiting.seals)))
        }
        guard !requests.isEmpty else { return answers }
        do throws(ItemFailure) {
            let results = try await source.lease(requests)
            guard results.count == requests.count else { throw .unexpected }
            for ((entry, seals), result) in zip(entries, results) {
                let selector = KeySelector.active(entry.material.profile.name)
                switch result {
                case .success(let count):
                    seals.add(count, at: clock.now())
                    answers[selector] = .key(entry)
                // What is left serves on, for whom it is enough.
                case .failure(.versionExhausted):
                    seals.noteExhaustion(until: clock.now().advanced(by: limits.negativeTTL))
                    answers[selector] = .key(entry)
                // Rotated meanwhile: the new version is loaded.
                case .failure(.versionInactive): break
                case .failure(let failure): answers[selector] = refuse(selector, failure)
                }
            }
        } catch {
            logger.warning(
                "no seals were leased", metadata: ["cause": "\(error.cause)", "count": "\(requests.count)"])
            for (entry, _) in entries { answers[.active(entry.material.profile.name)] = .failure(error) }
        }
        return answers
    }

    /// Leases ahead may be asked for again: after a failure not at once.
    func endRenewals(_ answers: [(KeySelector, Answer)]) {
        let now = clock.now()
        for (selector, answer) in answers where selector.isActive {
            switch answer {
            case .key(let entry): entry.seals?.endRenewal(retries: nil)
            case .failure:
                store.entry(for: selector, at: now)?.seals?.endRenewal(
                    retries: now.advanced(by: Self.renewalPause))
            case .subject, .hashKey: break
            }
        }
    }
}
