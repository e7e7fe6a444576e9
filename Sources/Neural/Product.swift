import COpenBLAS

/// Products of row-major matrices without gaps, on the calling thread alone.
enum Product {
    /// Two BLAS threads under two callers collapse to half the speed of one each.
    private static let oneThread: Void = openblas_set_num_threads(1)

    /// `result` [rows, columns] = `a` [rows, inner] · `b` [inner, columns].
    static func of(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int,
        to result: UnsafeMutablePointer<Float>
    ) {
        oneThread
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(inner), 1, a, Int32(inner), b,
            Int32(columns), 0, result, Int32(columns))
    }

    /// `result` [rows, columns] = `a`ᵀ · `b`, with `a` [inner, rows] and `b` [inner, columns].
    static func ofTransposed(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int,
        to result: UnsafeMutablePointer<Float>
    ) {
        oneThread
        cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(inner), 1, a, Int32(rows), b,
            Int32(columns), 0, result, Int32(columns))
    }

    /// `result` [rows, columns] = `a` · `b`ᵀ, with `a` [rows, inner] and `b` [columns, inner].
    static func ofWithTransposed(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int,
        to result: UnsafeMutablePointer<Float>
    ) {
        oneThread
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(columns), Int32(inner), 1, a, Int32(inner), b,
            Int32(inner), 0, result, Int32(columns))
    }
}
