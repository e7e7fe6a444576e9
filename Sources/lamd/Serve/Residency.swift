import CLibc
import Foundation

/// How much memory the program keeps that it does not need.
enum Residency {
    /// Has large blocks be the system's again as soon as they are freed. Left alone the allocator takes every freed one for a
    /// sign that more such will come, keeps them among the small ones, and what lasts between them holds them for ever.
    ///
    /// Below that size each thread keeps a few at hand: else a step of 8,192 environments spent a third of its time on having
    /// pages made anew.
    static func returnLargeBlocks() {
        _ = mallopt(M_MMAP_THRESHOLD, 256 << 10)
        _ = mallopt(M_TRIM_THRESHOLD, 2 << 20)
    }

    /// Lets go of the pages of code that were read at the start: most are not run again, and those that are come back from
    /// the page cache when they are called. A third of what a fresh daemon shows as resident is such pages.
    static func releaseCode() {
        guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8) else { return }
        for line in maps.split(separator: "\n") {
            // 7f00-7fff r-xp 00000000 08:01 123 /path
            let fields = line.split(separator: " ")
            guard fields.count > 5, fields[1] == "r-xp", fields[5].hasPrefix("/") else { continue }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else { continue }
            madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED)
        }
    }
}
