public import ArgumentParser
public import FieldsealClient

/// An enumeration of the protocol as people write it: in kebab case.
protocol Worded: CaseIterable, Equatable {
    var word: String { get }
}

extension Worded {
    init?(word: String) {
        guard let value = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = value
    }

    static var words: [String] { allCases.map(\.word).filter { $0 != "unspecified" } }
}

extension Suite: Worded {
    var word: String {
        switch self {
        case .unspecified: "auto"
        case .aes256GCM: "aes-256-gcm"
        case .chacha20Poly1305: "chacha20-poly1305"
        case .xaes256GCM: "xaes-256-gcm"
        case .xaes256GCMCommitting: "xaes-256-gcm-committing"
        case .aes256SIV: "aes-256-siv"
        case .dual: "dual"
        }
    }
}

extension Sensitivity: Worded {
    var word: String {
        switch self {
        case .unspecified: "unspecified"
        case .low: "low"
        case .medium: "medium"
        case .high: "high"
        }
    }
}

extension Normaliser: Worded {
    var word: String {
        switch self {
        case .none: "none"
        case .casefold: "casefold"
        case .trim: "trim"
        case .email: "email"
        case .phoneDigits: "phone-digits"
        case .lastFour: "last-four"
        }
    }
}

extension IndexKind: Worded {
    var word: String {
        switch self {
        case .equality: "equality"
        case .prefix: "prefix"
        case .trigram: "trigram"
        case .pair: "pair"
        }
    }
}

extension KeyState: Worded {
    var word: String {
        switch self {
        case .unspecified: "unspecified"
        case .pending: "pending"
        case .active: "active"
        case .transition: "transition"
        case .retired: "retired"
        case .compromised: "compromised"
        case .destroyed: "destroyed"
        }
    }
}

extension KeyType: Worded, ExpressibleByArgument {
    var word: String {
        switch self {
        case .unspecified: "unspecified"
        case .master: "master"
        case .dek: "dek"
        case .fek: "fek"
        case .index: "index"
        case .auditHash: "audit-hash"
        case .subjectWrapping: "subject-wrapping"
        }
    }

    public init?(argument: String) {
        guard argument != "unspecified" else { return nil }
        self.init(word: argument)
    }

    public static var allValueStrings: [String] { words }
}

extension AuditOperation: Worded {
    /// The names that a policy uses, where it knows the operation.
    var word: String {
        "\(self)".reduce(into: "") { word, character in
            word += character.isUppercase ? "-" + character.lowercased() : String(character)
        }
    }
}

/// Sentences that more than one command says.
enum Words {
    /// That an answer leaves events out.
    static func restriction(to patterns: [String]) -> String {
        Table.printable(
            "only events of \(patterns.joined(separator: ", ")) are looked at: the policy grants you no others")
    }
}
