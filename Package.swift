// swift-tools-version: 6.2
import PackageDescription

/// Warnings stop the build where `CI` is set; elsewhere they are shown.
let strict: [SwiftSetting] =
    Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]
let settings: [SwiftSetting] =
    strict + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableExperimentalFeature("Lifetimes"),
    ]

extension Target.Dependency {
    static let log: Self = .product(name: "Logging", package: "swift-log")
    static let lifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let arguments: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let yams: Self = .product(name: "Yams", package: "Yams")
    static let nio: [Self] = ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers"].map {
        .product(name: $0, package: "swift-nio")
    }
    static let nioFoundation: Self = .product(name: "NIOFoundationCompat", package: "swift-nio")
    static let httpClient: Self = .product(name: "AsyncHTTPClient", package: "async-http-client")
    static let nioEmbedded: Self = .product(name: "NIOEmbedded", package: "swift-nio")
    static let nioSSL: Self = .product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioTLS: Self = .product(name: "NIOTLS", package: "swift-nio")
}

func shared(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: "Fieldseal\(name)", dependencies: dependencies, path: "Shared/\(name)", swiftSettings: settings)
}

func service(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Services/\(name)", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)", exclude: exclude,
        swiftSettings: settings)
}

/// `FIELDSEAL_TESTS=Crypto,RPC` builds those test targets only.
let chosenTests = Context.environment["FIELDSEAL_TESTS"]?.split(separator: ",").map { "\($0)Tests" }

let package = Package(
    name: "fieldseal",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "encryption-service", targets: ["EncryptionService"]),
        .executable(name: "key-management-service", targets: ["KeyManagementService"]),
        .executable(name: "audit-service", targets: ["AuditService"]),
        .executable(name: "fieldseal", targets: ["CommandLineTool"]),
        .executable(name: "fieldseal-bench", targets: ["Benchmarks"]),
        .library(name: "FieldsealClient", targets: ["FieldsealClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CFieldsealOpenSSL", path: "Shared/COpenSSL", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CFieldsealPostgres", path: "Shared/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "CFieldsealProtobufC", path: "Shared/CProtobufC", pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"])]),
        .target(name: "CFieldsealPlatform", path: "Shared/CPlatform"),
        .target(name: "CFieldsealPKCS11", path: "Shared/CPKCS11"),
        .target(name: "CFieldsealProtobuf", dependencies: ["CFieldsealProtobufC"], path: "Shared/CProtobuf"),

        shared("SecureMemory", ["CFieldsealOpenSSL", "CFieldsealPlatform"]),
        shared("Crypto", ["CFieldsealOpenSSL", "CFieldsealPlatform", "FieldsealSecureMemory"]),
        shared("TransparencyLog", ["FieldsealCrypto", "FieldsealSecureMemory"]),
        shared("Messages", ["CFieldsealProtobuf", "CFieldsealProtobufC"]),
        shared("RPC", []),
        shared("RPCTransport", ["FieldsealRPC", .nioSSL, .nioTLS, .lifecycle, .log] + Target.Dependency.nio),
        shared("Postgres", ["CFieldsealPostgres", .lifecycle, .log]),
        shared(
            "AuditTrail",
            [
                "FieldsealCrypto", "FieldsealMessages", "FieldsealPostgres", "FieldsealRPC", "FieldsealRPCTransport",
                "FieldsealSecureMemory", "FieldsealTransparencyLog", .lifecycle, .log,
            ] + Target.Dependency.nio),
        shared(
            "ServiceRuntime",
            [
                "FieldsealAuditTrail", "FieldsealMessages", "FieldsealRPC", "FieldsealSecureMemory",
                "FieldsealRPCTransport", "FieldsealTransparencyLog", .yams, .lifecycle, .log,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + Target.Dependency.nio),
        shared("HTTP", [.httpClient, .nioHTTP1, .nioSSL, .lifecycle, .log] + Target.Dependency.nio),
        shared(
            "Witness",
            [
                "FieldsealHTTP", "FieldsealTransparencyLog", .lifecycle, .log,
            ]),
        shared(
            "Custody",
            [
                "FieldsealCrypto", "FieldsealHTTP", "FieldsealSecureMemory", "FieldsealServiceRuntime",
                "CFieldsealOpenSSL", "CFieldsealPKCS11", "CFieldsealPlatform", .log,
            ] + Target.Dependency.nio),
        shared(
            "Alerts",
            [
                "FieldsealCrypto", "FieldsealHTTP", "FieldsealMessages", "FieldsealPostgres", "FieldsealSecureMemory",
                "FieldsealServiceRuntime", .nioSSL, .nioTLS, .lifecycle, .log,
            ] + Target.Dependency.nio),
        shared("AuditVerification", ["FieldsealMessages", "FieldsealTransparencyLog"]),
        shared("Client", ["FieldsealMessages", "FieldsealRPC", "FieldsealRPCTransport", .log] + Target.Dependency.nio),

        service(
            "EncryptionService",
            [
                "FieldsealAuditTrail", "FieldsealClient", "FieldsealCrypto", "FieldsealMessages",
                "FieldsealServiceRuntime",
            ]),
        service(
            "KeyManagementService",
            [
                "FieldsealAlerts", "FieldsealAuditTrail", "FieldsealCrypto", "FieldsealCustody", "FieldsealHTTP",
                "FieldsealMessages", "FieldsealPostgres", "FieldsealSecureMemory", "FieldsealServiceRuntime",
            ]),
        service(
            "AuditService",
            [
                "FieldsealAlerts", "FieldsealAuditTrail", "FieldsealAuditVerification", "FieldsealCrypto",
                "FieldsealCustody", "FieldsealHTTP", "FieldsealMessages", "FieldsealPostgres", "FieldsealSecureMemory",
                "FieldsealServiceRuntime", "FieldsealTransparencyLog",
            ]),
        .executableTarget(
            name: "CommandLineTool",
            dependencies: [
                "FieldsealAuditVerification", "FieldsealClient", "FieldsealCrypto", "FieldsealCustody",
                "FieldsealMessages", "FieldsealPostgres", "FieldsealSecureMemory", "FieldsealServiceRuntime",
                "FieldsealTransparencyLog", "FieldsealWitness", .arguments, .log,
            ],
            path: "Services/CommandLine", swiftSettings: settings),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "FieldsealClient", "FieldsealCrypto", "FieldsealMessages", "FieldsealRPC", "FieldsealRPCTransport",
                "FieldsealSecureMemory", "FieldsealTransparencyLog", .arguments, .log,
            ] + Target.Dependency.nio,
            path: "Tests/Benchmarks", exclude: ["EncryptedColumns", "Tests", "audit", "keys", "sqlalchemy", "strict"],
            swiftSettings: settings),
        .testTarget(
            name: "BenchmarksTests", dependencies: ["Benchmarks"], path: "Tests/Benchmarks/Tests",
            swiftSettings: settings),

        .executableTarget(
            name: "InteroperabilityPeer", dependencies: ["FieldsealRPC", "FieldsealRPCTransport", .log],
            path: "Tests/Interoperability/Peer", swiftSettings: settings),

        tests("SecureMemory", ["FieldsealSecureMemory", "CFieldsealOpenSSL", "CFieldsealPlatform"]),
        tests("Crypto", ["FieldsealCrypto", "FieldsealSecureMemory"]),
        tests("TransparencyLog", ["FieldsealCrypto", "FieldsealSecureMemory", "FieldsealTransparencyLog"]),
        tests(
            "AuditVerification",
            [
                "FieldsealAuditVerification", "FieldsealCrypto", "FieldsealMessages", "FieldsealSecureMemory",
                "FieldsealTransparencyLog",
            ]),
        tests("Messages", ["FieldsealMessages"]),
        tests("RPC", ["FieldsealRPC", "CFieldsealProtobuf"]),
        tests(
            "RPCTransport",
            ["FieldsealRPC", "FieldsealRPCTransport", .nioEmbedded, .nioSSL, .lifecycle, .log] + Target.Dependency.nio),
        tests("Postgres", ["FieldsealPostgres", .lifecycle, .log]),
        tests(
            "AuditTrail",
            [
                "FieldsealAuditTrail", "FieldsealCrypto", "FieldsealMessages", "FieldsealPostgres",
                "FieldsealSecureMemory", "FieldsealTransparencyLog", .lifecycle, .log,
            ] + Target.Dependency.nio),
        tests(
            "ServiceRuntime",
            [
                "FieldsealAuditTrail", "FieldsealRPC", "FieldsealRPCTransport", "FieldsealServiceRuntime", .log,
                .nioEmbedded,
            ]),
        tests("HTTP", ["FieldsealHTTP", .nioHTTP1, .nioSSL, .lifecycle, .log] + Target.Dependency.nio),
        tests(
            "Witness",
            [
                "FieldsealCrypto", "FieldsealHTTP", "FieldsealSecureMemory", "FieldsealTransparencyLog",
                "FieldsealWitness", .lifecycle, .log,
            ]),
        tests(
            "Custody", ["FieldsealCustody", "FieldsealCrypto", "FieldsealHTTP", "FieldsealSecureMemory", .log],
            exclude: ["StandIns"]),
        tests(
            "Alerts",
            [
                "FieldsealAlerts", "FieldsealHTTP", "FieldsealPostgres", "FieldsealSecureMemory",
                "FieldsealServiceRuntime", .lifecycle, .log, .nioHTTP1, .nioSSL,
            ] + Target.Dependency.nio),
        tests("Client", ["FieldsealClient", "FieldsealMessages", "FieldsealRPC", "FieldsealRPCTransport"]),
        tests(
            "EncryptedModels",
            ["FieldsealClient", "FieldsealPostgres", .log, .product(name: "GRDB", package: "GRDB.swift")]),
        tests("EncryptionService", ["EncryptionService"]),
        tests("KeyManagementService", ["KeyManagementService"]),
        tests(
            "AuditService",
            [
                "AuditService", "FieldsealAlerts", "FieldsealAuditTrail", "FieldsealCrypto", "FieldsealCustody",
                "FieldsealMessages", "FieldsealPostgres", "FieldsealSecureMemory", "FieldsealServiceRuntime",
                "FieldsealTransparencyLog", .log, .nioHTTP1,
            ] + Target.Dependency.nio),
        tests(
            "CommandLine",
            [
                "CommandLineTool", "FieldsealClient", "FieldsealCrypto", "FieldsealCustody", "FieldsealMessages",
                "FieldsealRPC", "FieldsealRPCTransport", "FieldsealSecureMemory", "FieldsealServiceRuntime",
                "FieldsealTransparencyLog",
            ], exclude: ["Reports/report.html", "Reports/report.md"]),
    ],
    swiftLanguageModes: [.v6]
)

if let chosenTests {
    package.targets.removeAll { $0.isTest && !chosenTests.contains($0.name) }
}
