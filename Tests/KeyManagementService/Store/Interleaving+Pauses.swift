@testable import KeyManagementService

extension Interleaving {
    /// What a pause can be made under; empty: everything.
    private static let names = ["", "users", "users.email", "users.note", "master"]

    func pause(_ replica: KeyAuthority) async throws {
        let name = Self.names.randomElement(using: &generator) ?? ""
        let until: Int64? =
            Bool.random(using: &generator)
            ? clock.now + Int64.random(in: 1...20, using: &generator) * RotationPolicy.day : nil
        _ = try await replica.pauseRotation(of: name, untilUnixUs: until, context: .test)
        pauses[name] = until ?? .max
    }

    func resume(_ replica: KeyAuthority) async throws {
        let name = pauses.keys.sorted().randomElement(using: &generator) ?? ""
        let isPaused = pauses[name].map { clock.now < $0 } ?? false
        try await expect(isPaused ? [] : [.notPaused]) {
            _ = try await replica.resumeRotation(of: name, context: .test)
            self.pauses[name] = nil
        }
    }

    func isPaused(_ object: KeyObject) -> Bool {
        pauses.contains { name, until in
            guard clock.now < until else { return false }
            return name.isEmpty || name == keys.first { $0.object == object }?.name
                || (name == "users" && object.kind == .fek)
        }
    }
}
