import Synchronization

/// Ids for requests that bring none: unlike each other, and unlike those of the process before.
struct RequestIDSource: ~Copyable, Sendable {
    private let counter = Atomic<UInt64>(.random(in: .min ... .max))

    func next() -> UInt64 {
        // splitmix64's step and finalizer: a counter that does not look like one.
        var id = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        id = (id ^ (id >> 30)) &* 0xBF58_476D_1CE4_E5B9
        id = (id ^ (id >> 27)) &* 0x94D0_49BB_1331_11EB
        return id ^ (id >> 31)
    }
}
