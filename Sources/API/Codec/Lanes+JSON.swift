import Gym
import JSON
import Store

extension Lanes {
    /// One element of `space`.
    init(
        _ json: JSONValue, of space: Space, _ layout: Layout, at pointer: @autoclosure () -> JSONPointer
    ) throws(Problem) {
        var row = LaneWriter(Lanes(layout.element, count: layout.count))
        do { try space.read(json, into: &row) } catch { throw Problem(error, at: pointer().description) }
        self = row.lanes
    }

    /// Appends one element of `space`. Lanes grow with what was read, so that a short body cannot ask for much memory.
    mutating func append(
        _ json: JSONValue, of space: Space, _ layout: Layout, at pointer: @autoclosure () -> JSONPointer
    ) throws(Problem) {
        append(contentsOf: try Lanes(json, of: space, layout, at: pointer()))
    }
}
