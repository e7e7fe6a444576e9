import CKernels

/// Has rows of tables brought near before they are read, so that the waits for all of them overlap.
public enum Prefetch {
    /// - Parameter width: how many elements a row has.
    public static func rows<Element: BitwiseCopyable>(
        _ rows: Range<Int>, of places: [Int32], from table: [Element], width: Int = 1
    ) {
        precondition(rows.upperBound <= places.count)
        table.withUnsafeBufferPointer { table in
            places.withUnsafeBufferPointer { places in
                guard let places = places.baseAddress else { return }
                kernel_prefetch(
                    rows.count, places + rows.lowerBound, width * MemoryLayout<Element>.stride, table.baseAddress)
            }
        }
    }
}
