import Gym
import HTTP
import JSON

/// One page of a list: `limit` items after `cursor`, the key of the last item before.
struct Page<Item> {
    let items: [Item]
    private let next: String?

    /// - Parameter key: distinguishes the items; the cursor is made of it.
    init(_ call: Call, of all: [Item], key: (Item) -> String) throws(Problem) {
        let limit = try call.queryInt("limit", in: 1...1000) ?? 100
        var rest = all[...]
        if let cursor = call.query("cursor") {
            guard let position = all.firstIndex(where: { key($0) == cursor }) else {
                throw .invalid("not a cursor of this list; it may be that the item is gone: begin anew", at: "?cursor")
            }
            rest = all[(position + 1)...]
        }
        items = Array(rest.prefix(limit))
        next = rest.count > limit ? items.last.map(key) : nil
    }

    /// - Parameter more: what is said besides.
    func reply(_ values: [Value], and more: [Value.Member] = []) -> Reply {
        .json(.object([.init("items", .array(values)), .init("next_cursor", .string(next))] + more))
    }
}
