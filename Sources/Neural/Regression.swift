import CKernels

/// Losses of predicted numbers.
public enum Regression: Sendable, Equatable {
    /// Half the square up to `delta`, straight beyond it.
    case huber(delta: Float)
    /// The square.
    case squaredError

    /// The mean of the weighted losses, with its gradient by each prediction.
    /// - Parameter weights: one for each prediction; all 1 where there are none.
    public func callAsFunction(
        _ predictions: [Float], targets: [Float], weights: [Float] = [],
        gradient: inout [Float]
    ) -> Double {
        let count = predictions.count
        precondition(count > 0 && targets.count == count && gradient.count == count)
        precondition(weights.isEmpty || weights.count == count)
        return predictions.withUnsafeBufferPointer { predictions in
            targets.withUnsafeBufferPointer { targets in
                gradient.withUnsafeMutableBufferPointer { gradient in
                    withPointer(to: weights) { weights in
                        switch self {
                        case .huber(let delta):
                            kernel_huber(
                                count, predictions.baseAddress, targets.baseAddress, weights, delta,
                                gradient.baseAddress)
                        case .squaredError:
                            kernel_squared_error(
                                count, predictions.baseAddress, targets.baseAddress, weights, gradient.baseAddress)
                        }
                    }
                }
            }
        }
    }
}
