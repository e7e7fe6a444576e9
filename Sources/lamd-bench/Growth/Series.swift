/// How one cost grows along one axis.
struct Series {
    /// Along what it grows.
    let axis: String
    /// What is paid for.
    let figure: String
    /// What each cost is told in, so that all would be the same if it grew as it should.
    let unit: String
    /// How it should grow.
    let growth: String
    /// Why it grows otherwise, where it does.
    var reason: String?
    /// From the least on.
    let points: [Point]

    struct Point {
        let size: Double
        let cost: Double
    }

    init(
        _ axis: String, _ figure: String, in unit: String, growth: String, reason: String? = nil, sizes: [Int],
        costs: [Double]
    ) {
        self.axis = axis
        self.figure = figure
        self.unit = unit
        self.growth = growth
        self.reason = reason
        points = zip(sizes, costs).map { Point(size: Double($0), cost: $1) }
    }

    /// The same where each thing costs `unit` beside what is paid once: from point to point, what each further thing costs.
    /// - Parameters:
    ///   - amounts: how much there is of what costs grow with, at each size.
    ///   - totals: what all of it costs.
    init(
        _ axis: String, _ figure: String, in unit: String, reason: String? = nil, sizes: [Int], amounts: [Double],
        totals: [Double]
    ) {
        let slopes = sizes.indices.dropFirst().map {
            (totals[$0] - totals[$0 - 1]) / (amounts[$0] - amounts[$0 - 1])
        }
        self.init(
            axis, figure, in: unit, growth: "linear", reason: reason, sizes: Array(sizes.dropFirst()), costs: slopes)
    }

    /// By how much the cost of each point is more than that of the one before; nil for the first.
    var steps: [Double?] { [nil] + zip(points.dropFirst(), points).map { $0.cost / $1.cost } }

    /// By how much the dearest point is dearer than the cheapest.
    var spread: Double { (points.map(\.cost).max() ?? 1) / (points.map(\.cost).min() ?? 1) }
}
