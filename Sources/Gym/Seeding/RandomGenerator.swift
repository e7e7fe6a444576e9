import Glibc

/// NumPy's `Generator(PCG64(SeedSequence(seed)))`, draw for draw and bit for bit: what Gymnasium calls `np_random`.
public struct RandomGenerator: Sendable, Equatable {
    @usableFromInline var bits: PCG64

    /// `np.random.default_rng(seed)`.
    public init(seed: UInt64) {
        bits = PCG64(SeedSequence(seed: seed))
    }

    /// A generator without a seed, from 128 bits of `entropy`.
    public init(entropy: inout some RandomNumberGenerator) {
        let words: [UInt32] = [entropy.next(), entropy.next(), entropy.next(), entropy.next()]
        bits = PCG64(SeedSequence(entropy: words))
    }

    /// A generator without a seed, from the system's entropy.
    public init() {
        var system = SystemRandomNumberGenerator()
        self.init(entropy: &system)
    }

    /// Writes the whole state, the 32 bits that may be held back included.
    public func save(to writer: inout StateWriter) {
        bits.words.forEach { writer.write($0) }
    }

    public mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        var words: [UInt64] = []
        for _ in 0..<6 { words.append(try reader.read(UInt64.self)) }
        guard let bits = PCG64(words: words) else { throw .invalidSnapshot("it has no generator's state") }
        self.bits = bits
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³: `random()`.
    @inlinable @inline(__always) public mutating func random() -> Double {
        Double(bits.next64() >> 11) * 0x1p-53
    }

    /// Uniform in [0, 1), a multiple of 2⁻²⁴: `random(dtype=float32)`.
    @inlinable public mutating func randomFloat() -> Float {
        Float(bits.next32() >> 8) * 0x1p-24
    }

    /// Uniform in [low, high): `uniform(low, high)`.
    @inlinable @inline(__always) public mutating func uniform(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * random()
    }

    /// Mean 0, standard deviation 1: `standard_normal()`, by the ziggurat of Marsaglia and Tsang.
    public mutating func standardNormal() -> Double {
        while true {
            let word = bits.next64()
            let layer = Int(word & 0xff)
            let magnitude = word >> 9 & 0x000f_ffff_ffff_ffff
            let distance = Double(magnitude) * NormalZiggurat.widths[layer]
            let x = word & 0x100 == 0 ? distance : -distance
            if magnitude < NormalZiggurat.inside[layer] { return x }
            if layer == 0 { return normalTail(negative: magnitude & 0x100 != 0) }
            let above = NormalZiggurat.heights[layer - 1] - NormalZiggurat.heights[layer]
            if above * random() + NormalZiggurat.heights[layer] < exp(-0.5 * x * x) { return x }
        }
    }

    private mutating func normalTail(negative: Bool) -> Double {
        while true {
            let x = -NormalZiggurat.inverseTail * log1p(-random())
            let y = -log1p(-random())
            if y + y > x * x {
                return negative ? -(NormalZiggurat.tail + x) : NormalZiggurat.tail + x
            }
        }
    }

    /// Mean 1: `standard_exponential()`, by the ziggurat.
    public mutating func standardExponential() -> Double {
        while true {
            let word = bits.next64() >> 3
            let layer = Int(word & 0xff)
            let magnitude = word >> 8
            let x = Double(magnitude) * ExponentialZiggurat.widths[layer]
            if magnitude < ExponentialZiggurat.inside[layer] { return x }
            if layer == 0 { return ExponentialZiggurat.tail - log1p(-random()) }
            let above = ExponentialZiggurat.heights[layer - 1] - ExponentialZiggurat.heights[layer]
            if above * random() + ExponentialZiggurat.heights[layer] < exp(-x) { return x }
        }
    }

    /// How often a coin that shows heads with `probability` is tossed until it does, for probabilities below 1/3:
    /// `geometric(probability)`.
    public mutating func geometric(_ probability: Double) -> Int {
        Int((-standardExponential() / log1p(-probability)).rounded(.up))
    }

    /// Uniform in low..<high: `integers(low, high)`, by Lemire's method. The range must not be empty.
    public mutating func integers(_ low: Int, _ high: Int) -> Int {
        precondition(low < high, "integers from an empty range")
        return low &+ Int(bitPattern: UInt(below(inclusive: UInt64(bitPattern: Int64(high &- 1 &- low)))))
    }

    /// `integers(low, high, size=count, dtype=T, endpoint=True)`: types of 8 and 16 bits share words, and draw others
    /// than `integers(_:_:)`.
    public mutating func integers<T: FixedWidthInteger>(in range: ClosedRange<T>, count: Int) -> [T] {
        let span = UInt64(truncatingIfNeeded: range.upperBound &- range.lowerBound) & (UInt64.max >> (64 - T.bitWidth))
        var small = SmallWords(width: T.bitWidth)
        return (0..<count).map { _ in
            let offset = T.bitWidth >= 32 ? below(inclusive: span) : small.below(inclusive: UInt32(span), &bits)
            return range.lowerBound &+ T(truncatingIfNeeded: offset)
        }
    }

    /// Uniform in 0...limit, by D. Lemire, "Fast Random Integer Generation in an Interval", 2019.
    private mutating func below(inclusive limit: UInt64) -> UInt64 {
        if limit == 0 { return 0 }
        if limit == UInt64.max { return bits.next64() }
        if limit == 0xffff_ffff { return UInt64(bits.next32()) }
        if limit < 0xffff_ffff {
            let count = UInt32(limit) + 1
            var product = UInt64(bits.next32()) * UInt64(count)
            if UInt32(truncatingIfNeeded: product) < count {
                let threshold = (UInt32.max - UInt32(limit)) % count
                while UInt32(truncatingIfNeeded: product) < threshold {
                    product = UInt64(bits.next32()) * UInt64(count)
                }
            }
            return product >> 32
        }
        let count = limit + 1
        var product = bits.next64().multipliedFullWidth(by: count)
        if product.low < count {
            let threshold = (UInt64.max - limit) % count
            while product.low < threshold {
                product = bits.next64().multipliedFullWidth(by: count)
            }
        }
        return product.high
    }

    /// One of 0..<count, all alike: `choice(count)`.
    public mutating func choice(_ count: Int) -> Int {
        integers(0, count)
    }

    /// An index, drawn with these probabilities: `choice(p.count, p=p)`. They must sum to about 1.
    public mutating func choice(probabilities: [Double]) -> Int {
        var total = 0.0
        let cumulative = probabilities.map { probability in
            total += probability
            return total
        }
        let draw = random()
        return cumulative.firstIndex { draw < $0 / total } ?? cumulative.count - 1
    }

    /// Reorders in place: `shuffle`, which rejects masked words where `integers` multiplies.
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, masked(inclusive: last))
        }
    }

    /// 0..<count in a random order: `permutation(count)`.
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        shuffle(&order)
        return order
    }

    private mutating func masked(inclusive limit: Int) -> Int {
        let limit = UInt64(limit)
        let mask = UInt64.max >> UInt64(limit.leadingZeroBitCount)
        while true {
            let draw = mask & (limit <= 0xffff_ffff ? UInt64(bits.next32()) : bits.next64())
            if draw <= limit { return Int(draw) }
        }
    }
}

/// Words of 8 or 16 bits, cut from words of 32.
private struct SmallWords {
    let width: Int
    private var word: UInt32 = 0
    private var left = 0

    init(width: Int) {
        self.width = width
    }

    private mutating func next(_ bits: inout PCG64) -> UInt32 {
        if left == 0 {
            word = bits.next32()
            left = 32 / width
        } else {
            word >>= UInt32(width)
        }
        left -= 1
        return word & mask
    }

    private var mask: UInt32 { (1 << UInt32(width)) - 1 }

    mutating func below(inclusive limit: UInt32, _ bits: inout PCG64) -> UInt64 {
        if limit == 0 { return 0 }
        if limit == mask { return UInt64(next(&bits)) }
        let count = limit + 1
        var product = next(&bits) * count
        if product & mask < count {
            let threshold = (mask - limit) % count
            while product & mask < threshold {
                product = next(&bits) * count
            }
        }
        return UInt64(product >> UInt32(width))
    }
}
