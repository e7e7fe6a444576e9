// swift-tools-version: 6.2
import PackageDescription

/// Every module of ours: warnings are errors, imports are explicit, existentials are spelt out. That nothing is read while it
/// is written is checked in debug builds, which pass all tests; in a release the checks would be a tenth of a step.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// Modules that never touch a C library or a raw pointer without saying so.
let safe: [SwiftSetting] = strict + [.strictMemorySafety()]

/// Numbers are crunched at full speed in debug builds too, so that the tests stay quick.
let fast: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "lamd",
    products: [
        .executable(name: "lamd", targets: ["lamd"]),
        .executable(name: "lamd-bench", targets: ["lamd-bench"]),
        .executable(name: "lamd-bench-limit", targets: ["lamd-bench-limit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // The C libraries, one module map each.
        .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-gnutls-dev"])]),
        .systemLibrary(name: "CGnuTLS", pkgConfig: "gnutls", providers: [.apt(["libgnutls28-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLibc"),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"], .when(configuration: .debug))]),
        // hnswlib is all headers: Debian's libhnswlib-dev has no pkg-config file.
        .target(
            name: "CHnswlib", dependencies: ["CKernels"],
            // Its prefetching reads past its lists, and its own products are not used.
            cxxSettings: [
                .define("NO_MANUAL_VECTORIZATION"), .unsafeFlags(["-O3"], .when(configuration: .debug)),
            ]),

        // The wire.
        .target(name: "CNumbers", cxxSettings: [.unsafeFlags(["-O3"], .when(configuration: .debug))]),
        .target(name: "JSON", dependencies: ["CJansson", "CNumbers"], swiftSettings: strict + fast),
        .target(
            name: "HTTP", dependencies: ["CMicrohttpd", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),

        .target(name: "CContract"),
        .target(name: "CSpawn"),
        .target(name: "CGymnasiumWorker"),

        // The worlds.
        .target(name: "Gym", dependencies: ["CLibc"], swiftSettings: safe + fast),
        .target(name: "Drawing", dependencies: ["CCairo"], swiftSettings: strict),
        .target(name: "Environments", dependencies: ["CLibc", "Gym", "Drawing"], swiftSettings: safe + fast),

        // The mind.
        .target(name: "Neural", dependencies: ["COpenBLAS", "CKernels", "CHnswlib"], swiftSettings: strict + fast),
        .target(name: "Learning", dependencies: ["Gym", "Neural"], swiftSettings: safe + fast),

        // The hall.
        .target(
            name: "Store",
            dependencies: ["CGnuTLS", "CZlib", "Gym", "JSON", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: safe),
        .target(
            name: "Workers",
            dependencies: [
                "CSpawn", "CGymnasiumWorker", "Drawing", "Gym", "Store",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        .target(
            name: "Hosting",
            dependencies: [
                "Gym", "Environments", "Learning", "Store", "Workers", .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: safe),
        .target(
            name: "API",
            dependencies: [
                "HTTP", "JSON", "CContract", "Gym", "Learning", "Store", "Hosting",
                .product(name: "Yams", package: "Yams"),
            ], swiftSettings: safe),
        .executableTarget(
            name: "lamd",
            dependencies: [
                "API", "HTTP", "JSON", "CLibc", "CCurl", "Hosting", "Gym", "Store", "Environments", "Workers",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "lamd-bench",
            dependencies: [
                "CKernels", "COpenBLAS", "CReference", "Environments", "Gym", "Learning", "Neural",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], exclude: ["Limit", "Reference"], swiftSettings: strict + fast),
        // What lamd-bench compares the daemon, its worlds and its learner with.
        .executableTarget(name: "lamd-bench-limit", dependencies: ["CMicrohttpd"], path: "Sources/lamd-bench/Limit"),
        .target(
            name: "CReference", dependencies: ["COpenBLAS"], path: "Sources/lamd-bench/Reference",
            cSettings: [.unsafeFlags(["-O3"])]),

        // The proofs.
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(
            name: "HTTPTests", dependencies: ["HTTP", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(name: "GymTests", dependencies: ["Gym"], swiftSettings: strict),
        .testTarget(name: "DrawingTests", dependencies: ["Drawing"], swiftSettings: strict),
        .testTarget(name: "EnvironmentsTests", dependencies: ["Environments", "Gym"], swiftSettings: strict),
        .testTarget(name: "NeuralTests", dependencies: ["Neural", "CKernels"], swiftSettings: strict),
        .testTarget(
            name: "LearningTests", dependencies: ["Learning", "Neural", "Environments", "Gym"], swiftSettings: strict),
        .testTarget(
            name: "StoreTests", dependencies: ["Store", "Gym"], exclude: ["Schemas"], swiftSettings: strict),
        .testTarget(
            name: "HostingTests",
            dependencies: [
                "Hosting", "Environments", "Gym", "Learning", "Store", .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        .testTarget(
            name: "APITests",
            dependencies: ["API", "HTTP", "Gym", "JSON", "Store", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
    ],
    cLanguageStandard: .gnu17,
    cxxLanguageStandard: .cxx17
)

// Not a part of what is built otherwise: libFuzzer brings the marks of where a run came through into every module.
if Context.environment["LAMD_FUZZ"] != nil {
    package.targets += [
        .executableTarget(
            name: "lamd-fuzz",
            dependencies: [
                "CJansson", "API", "Gym", "Environments", "HTTP", "Hosting", "JSON", "Store", "Workers",
            ], path: "Tests/Fuzz", exclude: ["corpus", "fuzz.sh", "words.dict"], swiftSettings: strict)
    ]
}
