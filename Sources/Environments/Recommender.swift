import Drawing
import Glibc
import Gym

/// A recommender with a large catalogue: one video after the other for a user whose interests it can only guess, for as
/// long as the user has time.
///
/// After RecSim's interest evolution (E. Ie et al., "RecSim: A Configurable Simulation Platform for Recommender Systems",
/// 2019; `interest_evolution.py`); `docs/environments.md` says what is the same and what is not.
///
/// Item i has traits x in [-1, 1]⁸ and a quality q in [-1, 1], its features (``ItemCatalogue``). A user has interests u,
/// uniform in [-1, 1]⁸ at first, and 60 minutes.
/// - With probability e^(u·x) / (e^(u·x) + 4) the user watches the item's 4 minutes, or the minutes left if fewer: that is
///   the reward, and costs them less half of q times them. Else nothing is watched, and 2 minutes are lost.
/// - What is watched moves interests by 0.3 (1 - |u|) |x| (x - u), trait for trait: towards the item with probability
///   (1 + u·x / Σ|x|) / 2, else away from it; they stay within [-1, 1].
/// - The episode ends when no minutes are left.
///
/// Interests are hidden. Observed is a profile p of them: a survey at first, u plus normal noise of 0.5, then corrected by
/// what is watched and what is not, p += 0.3 (watched - e^(p·x) / (e^(p·x) + 4)) x, always within [-1, 1]. Observation: the
/// profile, the last item's features, whether it was watched, and the share of the minutes that is left.
struct Recommender: Environment {
    static let specs = [
        EnvironmentSpec(
            id: "Recommender-v0", summary: "Recommend video after video, of very many, to a user of hidden taste.",
            maxEpisodeSteps: nil,
            parameters: [
                .init("items", default: 100_000, "How many items the catalogue has."),
                .init("generation", default: 0, "How often half of the items were replaced by new ones."),
            ]
        ) { keywords throws(EnvironmentError) in
            Recommender(
                items: try keywords.int("items", in: ItemCatalogue.counts),
                generation: try keywords.int("generation", in: ItemCatalogue.generations))
        }
    ]

    /// Minutes.
    static let length = 4.0
    static let skipped = 2.0
    private static let time = 60.0
    /// Of a watched minute, what the best quality gives back.
    static let qualityShare = 0.5
    static let noClickMass = 4.0
    private static let surveyNoise = 0.5
    private static let profileRate = 0.3
    private static let interestRate = 0.3

    typealias Observation = Float
    typealias Action = Int64
    typealias Traits = SIMD8<Double>

    /// [items, 9]; environments of a vector share them.
    private let items: ActionFeatures
    private var interests = Traits.zero
    private var profile = Traits.zero
    private var minutes = 0.0
    /// The latest item; nil at an episode's beginning.
    private var last: Int?
    private var wasWatched = false

    init(items: Int, generation: Int) {
        self.items = ItemCatalogue.features(count: items, generation: generation)
    }

    var hasInfo: Bool { false }
    var actionSpace: Space { .discrete(Discrete(items.count)) }
    var actionFeatures: ActionFeatures? { items }

    var observationSpace: Space {
        let signed = Array(repeating: -1.0, count: ItemCatalogue.traits + ItemCatalogue.width)
        return .box(
            Box(low: signed + [0, 0], high: signed.map { -$0 } + [1, 1], shape: [signed.count + 2]))
    }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        _ = try ResetOptions(options)
        for trait in 0..<ItemCatalogue.traits { interests[trait] = random.uniform(-1, 1) }
        for trait in 0..<ItemCatalogue.traits {
            profile[trait] = interests[trait] + Self.surveyNoise * random.standardNormal()
        }
        profile.clamp(lowerBound: -.one, upperBound: .one)
        minutes = Self.time
        last = nil
        wasWatched = false
        observe(&observation)
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        let item = Int(action[0])
        let (traits, quality) = (traits(of: item), quality(of: item))
        let expected = Self.chance((profile * traits).sum())
        wasWatched = random.random() < Self.chance((interests * traits).sum())
        let watched = wasWatched ? min(Self.length, minutes) : 0
        minutes -= wasWatched ? watched * (1 - Self.qualityShare * quality) : Self.skipped
        minutes = max(minutes, 0)
        if wasWatched { evolve(traits, random.random()) }
        profile += Self.profileRate * ((wasWatched ? 1 : 0) - expected) * traits
        profile.clamp(lowerBound: -.one, upperBound: .one)
        last = item
        observe(&observation)
        return Step(reward: watched, terminated: minutes == 0)
    }

    /// How probably an item is watched that has this inner product with the interests.
    static func chance(_ score: Double) -> Double { exp(score) / (exp(score) + noClickMass) }

    /// - Parameter draw: uniform in [0, 1).
    private mutating func evolve(_ traits: Traits, _ draw: Double) {
        let sizes = traits.magnitudes
        let change = Self.interestRate * (.one - interests.magnitudes) * sizes * (traits - interests)
        let isDrawn = draw < (1 + (interests * traits).sum() / sizes.sum()) / 2
        interests += isDrawn ? change : -change
        interests.clamp(lowerBound: -.one, upperBound: .one)
    }

    private func traits(of item: Int) -> Traits {
        var traits = Traits.zero
        let first = item * ItemCatalogue.width
        for trait in 0..<ItemCatalogue.traits { traits[trait] = Double(items.values[first + trait]) }
        return traits
    }

    private func quality(of item: Int) -> Double {
        Double(items.values[item * ItemCatalogue.width + ItemCatalogue.traits])
    }

    private func observe(_ observation: inout MutableSpan<Float>) {
        let (traits, width) = (ItemCatalogue.traits, ItemCatalogue.width)
        for trait in 0..<traits { observation[trait] = Float(profile[trait]) }
        for feature in 0..<width {
            observation[traits + feature] = last.map { items.values[$0 * width + feature] } ?? 0
        }
        observation[traits + width] = wasWatched ? 1 : 0
        observation[traits + width + 1] = Float(minutes / Self.time)
    }

    func save(to writer: inout StateWriter) {
        for traits in [interests, profile] {
            for trait in 0..<ItemCatalogue.traits { writer.write(traits[trait]) }
        }
        writer.write(minutes)
        writer.write(last ?? -1)
        writer.write(wasWatched)
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        for trait in 0..<ItemCatalogue.traits { interests[trait] = try reader.readNumber(in: -1...1) }
        for trait in 0..<ItemCatalogue.traits { profile[trait] = try reader.readNumber(in: -1...1) }
        minutes = try reader.readNumber(in: 0...Self.time)
        let item = try reader.readInt(in: -1..<items.count)
        last = item < 0 ? nil : item
        wasWatched = try reader.readBool()
    }
}

extension SIMD8<Double> {
    fileprivate var magnitudes: Self { replacing(with: -self, where: self .< 0) }
}

extension Recommender: Drawn {
    var frameSize: (width: Int, height: Int) { (600, 400) }

    func draw(on canvas: Canvas) {
        canvas.rectangle(x: 0, y: 0, width: 600, height: 400, Color(0xfafaf6))
        canvas.line([Point(40, 180), Point(560, 180)], width: 1, Color(0xb0aca4))
        let shown = last.map { traits(of: $0) }
        for trait in 0..<ItemCatalogue.traits {
            let x = 56 + 66 * Double(trait)
            Self.bar(from: x, to: interests[trait], width: 26, Color(0x3f6fd0, alpha: 0.35), on: canvas)
            Self.bar(from: x + 8, to: profile[trait], width: 10, Color(0x2d3e57), on: canvas)
            if let shown {
                let color = Color(wasWatched ? 0x3f9e4d : 0xd84a3a)
                canvas.circle(Point(x + 36, 180 - 130 * shown[trait]), radius: 6, color)
            }
        }
        let caption = last.map { "Item \($0) is \(wasWatched ? "watched" : "skipped")" } ?? "A new user"
        canvas.text(caption, at: Point(300, 346), size: 22, Color(0x3b3733))
        canvas.rectangle(x: 40, y: 374, width: 520, height: 10, radius: 5, Color(0xd9d5cc))
        let left = 520 * minutes / Self.time
        if left > 10 { canvas.rectangle(x: 40, y: 374, width: left, height: 10, radius: 5, Color(0xe0b92f)) }
    }

    private static func bar(from x: Double, to value: Double, width: Double, _ color: Color, on canvas: Canvas) {
        let height = 130 * abs(value)
        canvas.rectangle(x: x, y: value > 0 ? 180 - height : 180, width: width, height: height, color)
    }
}
