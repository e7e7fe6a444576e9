import Gym
import JSON
import Store

extension JSONWriter {
    /// The element of `space` whose lanes begin at `offset`; moves `offset` past it. What every reply's observation is
    /// written by, so the spaces that are one array go straight from lanes to bytes.
    mutating func element(of space: Space, _ lanes: Lanes, at offset: inout Int) {
        switch space {
        case .discrete:
            value(lanes.integer(offset))
            offset += 1
        case .box(let box) where box.shape.count == 1:
            row(of: space, box.shape[0], box.dtype, lanes, at: &offset)
        case .dict(let dict):
            beginObject()
            for member in dict.members {
                key(named: member.key)
                element(of: member.space, lanes, at: &offset)
            }
            endObject()
        case .tuple(let tuple):
            beginArray()
            for member in tuple.members { element(of: member, lanes, at: &offset) }
            endArray()
        default: value(space.value(of: lanes, at: &offset))
        }
    }

    /// A Box of one dimension, of which only numbers are passed: to pass its bounds, too, would count their references.
    private mutating func row(
        of space: Space, _ width: Int, _ dtype: DType, _ lanes: Lanes, at offset: inout Int
    ) {
        let range = offset..<offset + width
        offset = range.upperBound
        switch lanes {
        case .float32(let all): array(of: all.span.extracting(range))
        case .float64(let all) where dtype == .float64: array(of: all.span.extracting(range))
        // Lanes of a Double may be another dtype's, which is written its own way.
        case .float64:
            var offset = range.lowerBound
            value(space.value(of: lanes, at: &offset))
        case .int64(let all): array(of: all.span.extracting(range))
        case .uint8(let all): array(of: all.span.extracting(range))
        }
    }

    /// `count` elements of `space`, as an array of them, or as the one element where there is no batch.
    mutating func elements(of space: Space, _ lanes: Lanes, count: Int, isBatch: Bool) {
        if isBatch { beginArray() }
        var offset = 0
        if case .box(let box) = space, box.shape.count == 1 {
            let (width, dtype) = (box.shape[0], box.dtype)
            for _ in 0..<count { row(of: space, width, dtype, lanes, at: &offset) }
        } else {
            for _ in 0..<count { element(of: space, lanes, at: &offset) }
        }
        if isBatch { endArray() }
    }

    mutating func member(_ name: String, _ value: Value) {
        key(named: name)
        self.value(value)
    }
}
