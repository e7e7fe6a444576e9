import Drawing
import Gym

/// Blackjack against a dealer, with an endless deck: stick (0) or hit (1).
///
/// Sutton and Barto, "Reinforcement Learning: An Introduction", example 5.1. Observation: the player's sum, the dealer's
/// card that shows (1 is an ace), whether the player has an ace that counts 11. Reward 1, 0 or -1 at the end, 1.5 for a
/// natural where `natural` is set.
struct Blackjack: Environment {
    static let specs = [
        EnvironmentSpec(
            id: "Blackjack-v1", summary: "Draw cards to come closer to 21 than the dealer.", maxEpisodeSteps: nil,
            renderFPS: 4,
            parameters: [
                .init("natural", default: false, "Whether a natural (an ace and a ten at once) pays 1.5."),
                .init("sab", default: true, "The rules of Sutton and Barto's book; `natural` is then ignored."),
            ]
        ) { keywords throws(EnvironmentError) in
            Blackjack(natural: try keywords.bool("natural"), sab: try keywords.bool("sab"))
        }
    ]

    typealias Observation = Int64
    typealias Action = Int64

    /// What counts of some cards.
    private struct Hand: Sendable {
        private(set) var hardSum = 0
        private(set) var count = 0
        private(set) var hasAce = false

        mutating func add(_ card: Int) {
            hardSum += card
            count += 1
            if card == 1 { hasAce = true }
        }

        var hasUsableAce: Bool { hasAce && hardSum + 10 <= 21 }
        var sum: Int { hasUsableAce ? hardSum + 10 : hardSum }
        var isBust: Bool { sum > 21 }
        var score: Int { isBust ? 0 : sum }
        var isNatural: Bool { count == 2 && hasAce && hardSum == 11 }

        func save(to writer: inout StateWriter) {
            writer.write(hardSum)
            writer.write(count)
            writer.write(hasAce)
        }

        mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
            hardSum = try reader.readInt(in: 0..<32)
            count = try reader.readInt(in: 0..<32)
            hasAce = try reader.readBool()
        }
    }

    let natural: Bool
    let sab: Bool
    private var dealer = Hand()
    private var player = Hand()
    private var shown = 1
    /// Suit and face of the card that shows, for the picture.
    private var suit = 0
    private var face = 0

    init(natural: Bool, sab: Bool) {
        self.natural = natural
        self.sab = sab
    }

    var hasInfo: Bool { false }
    var actionSpace: Space { .discrete(Discrete(2)) }

    var observationSpace: Space {
        .tuple(Tuple([.discrete(Discrete(32)), .discrete(Discrete(11)), .discrete(Discrete(2))]))
    }

    /// Ace to nine, and four cards that count ten.
    private static func card(_ random: inout RandomGenerator) -> Int { min(random.choice(13) + 1, 10) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) throws(EnvironmentError) {
        _ = try ResetOptions(options)
        (dealer, player) = (Hand(), Hand())
        shown = Self.card(&random)
        dealer.add(shown)
        dealer.add(Self.card(&random))
        player.add(Self.card(&random))
        player.add(Self.card(&random))
        suit = random.choice(4)
        face = shown == 10 ? random.choice(3) : 0
        observe(&observation)
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Int64>
    ) -> Step {
        let step: Step
        if action[0] == 1 {
            player.add(Self.card(&random))
            step = Step(reward: player.isBust ? -1 : 0, terminated: player.isBust)
        } else {
            while dealer.sum < 17 { dealer.add(Self.card(&random)) }
            step = Step(reward: payout, terminated: true)
        }
        observe(&observation)
        return step
    }

    private var payout: Double {
        if sab && player.isNatural && !dealer.isNatural { return 1 }
        if player.score == dealer.score { return 0 }
        if player.score < dealer.score { return -1 }
        return !sab && natural && player.isNatural ? 1.5 : 1
    }

    private func observe(_ observation: inout MutableSpan<Int64>) {
        observation[0] = Int64(player.sum)
        observation[1] = Int64(shown)
        observation[2] = player.hasUsableAce ? 1 : 0
    }

    func save(to writer: inout StateWriter) {
        dealer.save(to: &writer)
        player.save(to: &writer)
        for value in [shown, suit, face] { writer.write(value) }
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        try dealer.restore(from: &reader)
        try player.restore(from: &reader)
        shown = try reader.readInt(in: 1..<11)
        suit = try reader.readInt(in: 0..<4)
        face = try reader.readInt(in: 0..<3)
    }
}

extension Blackjack: Drawn {
    var frameSize: (width: Int, height: Int) { (384, 376) }

    func draw(on canvas: Canvas) {
        let ink = Color(0x33472a)
        canvas.rectangle(x: 0, y: 0, width: 384, height: 376, Color(0xc4d89e))
        canvas.text("Dealer shows \(shown)", at: Point(192, 36), size: 24, ink)
        drawShownCard(on: canvas)
        canvas.rectangle(x: 208, y: 64, width: 80, height: 112, radius: 8, Color(0x7a2f3b))
        canvas.rectangle(x: 216, y: 72, width: 64, height: 96, radius: 4, Color(0xa8505e))
        canvas.text("You hold", at: Point(192, 218), size: 24, ink)
        canvas.text("\(player.sum)", at: Point(192, 276), size: 72, ink)
        if player.hasUsableAce { canvas.text("with a usable ace", at: Point(192, 342), size: 20, ink) }
    }

    private func drawShownCard(on canvas: Canvas) {
        let color = Color(suit == 1 || suit == 2 ? 0xc0392b : 0x222222)
        let rank = shown == 1 ? "A" : shown == 10 ? ["J", "Q", "K"][face] : "\(shown)"
        canvas.rectangle(x: 96, y: 64, width: 80, height: 112, radius: 8, Color(0xfdfcf7))
        canvas.text(rank, at: Point(136, 102), size: 44, color)
        canvas.within(Point(136, 148)) { drawSuit(on: canvas, color) }
    }

    /// Clubs, diamonds, hearts, spades, about 26 high.
    private func drawSuit(on canvas: Canvas, _ color: Color) {
        switch suit {
        case 0:
            for (x, y) in [(-7.0, 1.0), (7, 1), (0, -7)] { canvas.circle(Point(x, y), radius: 6.5, color) }
            canvas.polygon([Point(0, -2), Point(5, 13), Point(-5, 13)], color)
        case 1: canvas.polygon([Point(0, -13), Point(10, 0), Point(0, 13), Point(-10, 0)], color)
        default:
            let up = suit == 3 ? -1.0 : 1
            for x in [-5.5, 5.5] { canvas.circle(Point(x, -4 * up), radius: 6.5, color) }
            canvas.polygon([Point(-11.6, -1.5 * up), Point(11.6, -1.5 * up), Point(0, 13 * up)], color)
            if suit == 3 { canvas.polygon([Point(0, 0), Point(5, 13), Point(-5, 13)], color) }
        }
    }
}
