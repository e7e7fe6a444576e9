import CKernels
import COpenBLAS

/// The product of row-major matrices, on the calling thread alone.
///
/// OpenBLAS multiplies small matrices without packing them first, which is half as fast again, but not where B is transposed.
/// So B is set upright, and what is a little too large is done in parts.
enum Product {
    /// Two BLAS threads under two callers collapse to half the speed of one each.
    private static let oneThread: Void = openblas_set_num_threads(1)

    /// So many multiplications are small; so many where A is transposed, with no more than so many to be added up.
    private static let small = 1_000_000
    private static let smallTransposed = 1 << 19
    private static let depth = 64
    /// Parts of fewer rows would not pay.
    private static let fewestRows = 32

    /// `result` [rows, columns] = A [rows, inner] · B [inner, columns]; a transposed factor lies in memory the other way.
    /// - Parameters:
    ///   - strides: how far apart the rows of A, B and the result lie in memory; nil where there are no gaps.
    ///   - adds: whether the product is added to `result` rather than put in its place.
    static func of(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int,
        to result: UnsafeMutablePointer<Float>, transposedA: Bool = false, transposedB: Bool = false,
        strides: (a: Int?, b: Int?, result: Int?) = (nil, nil, nil), adds: Bool = false
    ) {
        let isDense = strides == (nil, nil, nil)
        // One row is a vector: whoever asks a policy about one observation waits for this, and a call of OpenBLAS takes as long
        // as the product of a small layer.
        if rows == 1, isDense, !transposedA, !transposedB, !adds {
            return kernel_row_product(inner, columns, a, b, result)
        }
        oneThread
        // The product of matrices would first pack what it reads once.
        if rows == 1, !transposedA {
            let (m, n) = transposedB ? (columns, inner) : (inner, columns)
            cblas_sgemv(
                CblasRowMajor, transposedB ? CblasNoTrans : CblasTrans, Int32(m), Int32(n), 1, b, Int32(strides.b ?? n),
                a, 1, adds ? 1 : 0, result, 1)
            return
        }
        switch (transposedA, transposedB) {
        case (false, false) where isDense:
            inRows(a, b, rows: rows, inner: inner, columns: columns, to: result, adds: adds)
        case (false, true) where isDense && rows >= fewestRows && fewestRows * inner * columns <= small:
            withUnsafeTemporaryAllocation(of: Float.self, capacity: inner * columns) { upright in
                guard let upright = upright.baseAddress else { return }
                kernel_transpose(columns, inner, b, upright)
                inRows(a, upright, rows: rows, inner: inner, columns: columns, to: result, adds: adds)
            }
        case (true, false) where isDense:
            inDepth(a, b, rows: rows, inner: inner, columns: columns, to: result, adds: adds)
        default:
            cblas_sgemm(
                CblasRowMajor, transposedA ? CblasTrans : CblasNoTrans, transposedB ? CblasTrans : CblasNoTrans,
                Int32(rows), Int32(columns), Int32(inner), 1, a, Int32(strides.a ?? (transposedA ? rows : inner)), b,
                Int32(strides.b ?? (transposedB ? inner : columns)), adds ? 1 : 0, result,
                Int32(strides.result ?? columns))
        }
    }

    /// Some rows after the other.
    private static func inRows(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int,
        to result: UnsafeMutablePointer<Float>, adds: Bool
    ) {
        let most = small / (inner * columns) / 16 * 16
        let part = most < fewestRows ? rows : most
        for start in stride(from: 0, to: rows, by: max(part, 1)) {
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(min(part, rows - start)), Int32(columns),
                Int32(inner), 1, a + start * inner, Int32(inner), b, Int32(columns), adds ? 1 : 0,
                result + start * columns, Int32(columns))
        }
    }

    /// Some of what is added up after the other, where A is transposed.
    private static func inDepth(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int,
        to result: UnsafeMutablePointer<Float>, adds: Bool
    ) {
        let most = min(smallTransposed / (rows * columns), depth)
        let isSmall = rows * columns * inner <= smallTransposed
        let part = isSmall || most < fewestRows ? inner : most
        for start in stride(from: 0, to: inner, by: max(part, 1)) {
            cblas_sgemm(
                CblasRowMajor, CblasTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(min(part, inner - start)),
                1, a + start * rows, Int32(rows), b + start * columns, Int32(columns), adds || start > 0 ? 1 : 0,
                result, Int32(columns))
        }
    }
}
