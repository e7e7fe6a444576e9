/// Nodes with features, and links between them (Gymnasium's `Graph`); on the wire
/// `{"nodes": […], "edges": […] or null, "edge_links": [[from, to], …] or null}`.
public struct Graph: Sendable, Equatable {
    /// A Box or a Discrete: what a node carries.
    public let node: Space
    /// A Box or a Discrete: what an edge carries; nil where graphs have no edges.
    public let edge: Space?

    public init(node: Space, edge: Space?) {
        self.node = node
        self.edge = edge
    }

    func check(_ value: some Structured) throws(SpaceMismatch) {
        guard let names = value.memberNames, let nodes = value.member("nodes") else {
            throw SpaceMismatch(
                "expected an object with \"nodes\", \"edges\" and \"edge_links\", not \(value.kindName)")
        }
        if let stranger = names.first(where: { !["nodes", "edges", "edge_links"].contains($0) }) {
            throw SpaceMismatch("a graph has no such key").within(.key(stranger))
        }
        do { try SequenceSpace(node).check(nodes) } catch { throw error.within(.key("nodes")) }
        let edgeCount = try checkEdges(value.member("edges"))
        try checkLinks(value.member("edge_links"), edges: edgeCount, nodes: nodes.elementCount ?? 0)
    }

    private func checkEdges(_ edges: (some Structured)?) throws(SpaceMismatch) -> Int {
        guard let edges, !edges.isNull else { return 0 }
        guard let edge else { throw SpaceMismatch("these graphs have no edges").within(.key("edges")) }
        do { try SequenceSpace(edge).check(edges) } catch { throw error.within(.key("edges")) }
        return edges.elementCount ?? 0
    }

    private func checkLinks(_ links: (some Structured)?, edges: Int, nodes: Int) throws(SpaceMismatch) {
        let count = links.flatMap { $0.isNull ? nil : $0.elementCount } ?? 0
        guard count == edges else {
            throw SpaceMismatch("expected one link an edge: \(edges), not \(count)").within(.key("edge_links"))
        }
        guard let links, count > 0 else { return }
        let ends = Space.box(Box(low: 0, high: Double(nodes - 1), shape: [count, 2], dtype: .int64))
        do { try ends.check(links) } catch { throw error.within(.key("edge_links")) }
    }
}
