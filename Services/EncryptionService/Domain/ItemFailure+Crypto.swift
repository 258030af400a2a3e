import FieldsealCrypto

extension ItemFailure {
    init(_ error: CryptoError) {
        switch error.code {
        case .malformed: self = .form
        case .suite: self = .suite
        case .flags, .subject: self = .flags
        case .version: self = .versionUnknown
        case .commitment: self = .commitment
        case .tag: self = .tag
        case .size: self = .tooLarge
        case .parameter: self = .recordRequired
        case .text: self = .recordColumnValue
        case .memory: self = .loadLimit
        default: self = .unexpected
        }
    }
}
