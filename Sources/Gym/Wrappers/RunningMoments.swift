/// Mean and variance of all that was seen so far, as Gymnasium's `RunningMeanStd` computes them: the precision is that
/// of numpy on its way, so that the figures are its own.
///
/// Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
struct RunningMoments<Real: BinaryFloatingPoint & Sendable>: Sendable {
    private(set) var mean: Real = 0
    private(set) var variance: Real = 1
    private var count = 1e-4

    /// - Parameter batch: at least one value.
    mutating func update(_ batch: some Collection<Float>) {
        let size = Float(batch.count)
        let batchMean = batch.reduce(0, +) / size
        let batchVariance = batch.reduce(0) { $0 + ($1 - batchMean) * ($1 - batchMean) } / size
        let total = count + Double(batch.count)
        let delta = Real(batchMean) - mean
        mean += delta * Real(size) / Real(total)
        let within = variance * Real(count) + Real(batchVariance * size)
        variance = (within + delta * delta * Real(count) * Real(size) / Real(total)) / Real(total)
        count = total
    }

    func save(to writer: inout StateWriter) {
        for value in [Double(mean), Double(variance), count] { writer.write(value) }
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        mean = Real(try reader.readDouble())
        variance = Real(try reader.readDouble())
        count = try reader.readDouble()
        guard mean.isFinite && variance >= 0 && count > 0 else { throw .invalidSnapshot("its moments are none") }
    }
}
