import Glibc

/// Arithmetic as numpy does it for single numbers, where that differs in the last bit from the obvious.
enum NumpyScalar {
    // Read from text so that the compiler cannot know it: it would turn pow(x, 2) into x * x, which rounds differently.
    private static let two = Double("2") ?? 2

    /// `x ** 2`: the C library's pow, about one in a thousand times not x · x.
    static func squared(_ x: Double) -> Double {
        let square = x * x
        // What rounding took from the product, to the last bit (Dekker 1971).
        let spread = 0x8000001p0 * x
        let high = spread - (spread - x)
        let low = x - high
        let rest = low * low - ((square - high * high) - 2 * high * low)
        // For numbers that are neither huge nor tiny, pow is wrong by less than 0.515 units of the last place (glibc's
        // sysdeps/ieee754/dbl-64/e_pow.c: 0.509, and 2^-15 of the result's logarithm). So unless the exact square lies close
        // to the middle between two numbers, both round to the same one, and the product is many times quicker.
        let unit = Double(bitPattern: square.bitPattern & 0x7ff0_0000_0000_0000) * 0x1p-52
        return abs(rest) < 0.48 * unit && square > 1e-40 && square < 1e40 ? square : pow(x, two)
    }

    /// `x ** 2` for a float32.
    static func squared(_ x: Float) -> Float { powf(x, Float(two)) }

    /// `x % modulus`, with the modulus's sign.
    static func modulo(_ x: Double, _ modulus: Double) -> Double {
        let rest = fmod(x, modulus)
        return rest < 0 ? rest + modulus : rest
    }
}
