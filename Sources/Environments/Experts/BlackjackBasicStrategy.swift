import Gym

/// When to draw against an endless deck, by expectation over all that may come.
///
/// A natural pays more or wins more often than another 21 under some rules; but it sticks under all of them, so that one
/// strategy is best for each `natural` and `sab`.
struct BlackjackBasicStrategy {
    static let spec = ExpertSpec(
        id: "blackjack-basic-strategy",
        summary: """
            Draws where that is worth more than to stick, by the exact expectation over the cards to come (Sutton and \
            Barto, example 5.3).
            """,
        environments: Blackjack.specs.map(\.id)
    ) { _, _ in
        Rule<Int64, Int64>(width: 3) { standard.draws(sum: Int($0[0]), shown: Int($0[1]), ace: $0[2] == 1) ? 1 : 0 }
    }

    private static let standard = BlackjackBasicStrategy()

    /// How probable each card is, ace to ten.
    private static let cards = (1...10).map { (value: $0, probability: $0 == 10 ? 4.0 / 13 : 1.0 / 13) }

    /// Whether to draw with cards that sum to so much, an ace counting 1: [shown][hasAce][sum].
    private let drawing: [[[Bool]]]

    private init() {
        drawing = (0...10).map { shown in
            Self.drawing(against: Self.finals(Hand(sum: shown, hasAce: shown == 1)))
        }
    }

    /// - Parameters:
    ///   - sum: of the player's cards.
    ///   - ace: whether one of them is an ace that counts 11 in it.
    private func draws(sum: Int, shown: Int, ace: Bool) -> Bool {
        let sum = ace ? sum - 10 : sum
        return (2...21).contains(sum) && drawing[shown][ace ? 1 : 0][sum]
    }

    /// Cards with an ace counting 1.
    private struct Hand {
        var sum: Int
        var hasAce: Bool

        func adding(_ card: Int) -> Hand { Hand(sum: sum + card, hasAce: hasAce || card == 1) }

        /// With an ace counting 11 where that is not too much; 0 if it is too much all the same.
        var score: Int { sum > 21 ? 0 : hasAce && sum <= 11 ? sum + 10 : sum }
    }

    /// How probable each score, 0 to 21, is for a dealer who draws up to 17.
    private static func finals(_ hand: Hand) -> [Double] {
        var finals = [Double](repeating: 0, count: 22)
        guard hand.sum <= 21, hand.score < 17 else {
            finals[hand.score] = 1
            return finals
        }
        for card in cards {
            for (score, probability) in Self.finals(hand.adding(card.value)).enumerated() {
                finals[score] += card.probability * probability
            }
        }
        return finals
    }

    /// From the highest sum down: what a hand is worth depends on higher sums alone.
    private static func drawing(against finals: [Double]) -> [[Bool]] {
        var values = [[Double]](repeating: Array(repeating: -1, count: 32), count: 2)
        var drawing = [[Bool]](repeating: Array(repeating: false, count: 22), count: 2)
        for sum in (2...21).reversed() {
            for ace in 0...1 {
                let hand = Hand(sum: sum, hasAce: ace == 1)
                let stick = finals[..<hand.score].reduce(0, +) - finals[(hand.score + 1)...].reduce(0, +)
                let draw = cards.reduce(0) {
                    let next = hand.adding($1.value)
                    return $0 + $1.probability * values[next.hasAce ? 1 : 0][next.sum]
                }
                values[ace][sum] = max(stick, draw)
                drawing[ace][sum] = draw > stick
            }
        }
        return drawing
    }
}
