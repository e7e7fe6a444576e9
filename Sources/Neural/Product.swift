import COpenBLAS

/// The product of row-major matrices, on the calling thread alone.
enum Product {
    /// Two BLAS threads under two callers collapse to half the speed of one each.
    private static let oneThread: Void = openblas_set_num_threads(1)

    /// `result` [rows, columns] = A [rows, inner] · B [inner, columns]; a transposed factor lies in memory the other way.
    /// - Parameters:
    ///   - strides: how far apart the rows of A, B and the result lie in memory; nil where there are no gaps.
    ///   - adds: whether the product is added to `result` rather than put in its place.
    static func of(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int,
        to result: UnsafeMutablePointer<Float>, transposedA: Bool = false, transposedB: Bool = false,
        strides: (a: Int?, b: Int?, result: Int?) = (nil, nil, nil), adds: Bool = false
    ) {
        oneThread
        // One row is a vector: the product of matrices would first pack what it reads once.
        if rows == 1, !transposedA {
            let (m, n) = transposedB ? (columns, inner) : (inner, columns)
            cblas_sgemv(
                CblasRowMajor, transposedB ? CblasNoTrans : CblasTrans, Int32(m), Int32(n), 1, b, Int32(strides.b ?? n),
                a, 1, adds ? 1 : 0, result, 1)
            return
        }
        cblas_sgemm(
            CblasRowMajor, transposedA ? CblasTrans : CblasNoTrans, transposedB ? CblasTrans : CblasNoTrans,
            Int32(rows), Int32(columns), Int32(inner), 1, a, Int32(strides.a ?? (transposedA ? rows : inner)), b,
            Int32(strides.b ?? (transposedB ? inner : columns)), adds ? 1 : 0, result,
            Int32(strides.result ?? columns))
    }
}
