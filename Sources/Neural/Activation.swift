/// What a hidden layer does to each of its sums.
public enum Activation: String, Sendable, CaseIterable {
    case relu, tanh
}
