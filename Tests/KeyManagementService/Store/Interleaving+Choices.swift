import FieldsealCrypto

@testable import KeyManagementService

extension Interleaving {
    func pick() -> Act {
        var number = Int.random(in: 0..<Act.allCases.map(\.weight).reduce(0, +), using: &generator)
        for act in Act.allCases {
            number -= act.weight
            if number < 0 { return act }
        }
        return .ensure
    }

    func anyReplica() -> KeyAuthority {
        let isLate = Int.random(in: 0..<12, using: &generator) == 0
        return replicas[isLate ? Self.late : Int.random(in: 0..<Self.late, using: &generator)]
    }

    /// More often the one whose values are sealed under two versions.
    func anyField() -> FieldName { Int.random(in: 0..<3, using: &generator) == 0 ? .email : .note }

    /// The master key less often than others.
    func anyKey(but kind: KeyKind? = nil) -> (name: String, object: KeyObject) {
        let few = Int.random(in: 0..<3, using: &generator) > 0
        let suitable = keys.filter { $0.object.kind != kind && !(few && $0.object.kind == .master) }
        return suitable[Int.random(in: 0..<suitable.count, using: &generator)]
    }

    func anyVersion(preferring states: Set<KeyState>) -> (name: String, version: KeyVersion) {
        let key = anyKey()
        let all = model.all { $0.object == key.object }
        let preferred = all.filter { states.contains(model.state($0) ?? .pending) }
        let isPreferring = Int.random(in: 0..<4, using: &generator) > 0 && !preferred.isEmpty
        let versions = isPreferring ? preferred : all
        return (key.name, versions[Int.random(in: 0..<versions.count, using: &generator)])
    }

    func anyVersion(_ kind: KeyKind) -> KeyVersion? {
        model.all { $0.object.kind == kind }.randomElement(using: &generator)
    }

    /// - Parameter refusals: those that have to come; where there are none, `body` has to succeed.
    func expect(
        _ refusals: [KeyServiceError], orChildrenOf name: String = "users.email", _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch let error as KeyServiceError {
            // What an emergency left behind is still wrapped under the version.
            if error == .hasChildren, !name.contains(".") { return }
            guard refusals.contains(error) else { throw error }
            return
        }
        try KeyModel.require(refusals.isEmpty, "it was not refused: \(refusals)")
    }
}
