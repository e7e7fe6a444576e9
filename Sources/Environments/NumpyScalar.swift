import Glibc

/// Arithmetic as numpy does it for single numbers, where that differs in the last bit from the obvious.
enum NumpyScalar {
    // Read from text so that the compiler cannot know it: it would turn pow(x, 2) into x * x, which rounds differently.
    private static let two = Double("2") ?? 2

    /// `x ** 2`: the C library's pow, about one in a thousand times not x · x.
    static func squared(_ x: Double) -> Double { pow(x, two) }

    /// `x ** 2` for a float32.
    static func squared(_ x: Float) -> Float { powf(x, Float(two)) }

    /// `x % modulus`, with the modulus's sign.
    static func modulo(_ x: Double, _ modulus: Double) -> Double {
        let rest = fmod(x, modulus)
        return rest < 0 ? rest + modulus : rest
    }
}
