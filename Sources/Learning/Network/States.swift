import Neural

/// Rows of encoded observations, with the masks of what may be done there.
struct States: Sendable {
    /// [rows, numbers], as they are, not normalised.
    var numbers: [Float]
    /// [rows, categories].
    var categories: [Int32]
    /// [rows, head.members]; empty where everything is always allowed.
    var masks: [UInt8]

    /// Some of all rows.
    func rows(_ range: Range<Int>, of all: Int) -> States {
        func part<T>(_ array: [T]) -> [T] {
            let width = array.count / all
            return Array(array[range.lowerBound * width..<range.upperBound * width])
        }
        return States(numbers: part(numbers), categories: part(categories), masks: part(masks))
    }

    private init(numbers: [Float], categories: [Int32], masks: [UInt8]) {
        (self.numbers, self.categories, self.masks) = (numbers, categories, masks)
    }

    init(rows: Int, _ network: Network, masked: Bool) {
        numbers = Array(repeating: 0, count: rows * network.observation.numbers)
        categories = Array(repeating: 0, count: rows * network.observation.categories.count)
        masks = Array(repeating: 1, count: masked ? rows * network.action.head.members : 0)
    }
}
