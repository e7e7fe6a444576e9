import CKernels

/// Averages of parameters over time, as target networks are.
public enum Polyak {
    /// Moves `target` the share `tau` of the way to the first parameters of `source`.
    public static func update(_ target: inout [Float], toward source: [Float], by tau: Float) {
        precondition(target.count <= source.count)
        source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                kernel_polyak(target.count, tau, source.baseAddress, target.baseAddress)
            }
        }
    }
}
