/// The route table as a tree in flat arrays, walked without an allocation.
struct RouteTree: Sendable {
    private struct Node {
        var edges: Range<Int> = 0..<0
        /// The node behind a parameter, or -1.
        var parameter = -1
        var methods: MethodSet = []
        /// The route of each method, by raw value, or -1.
        var routes = InlineArray<8, Int>(repeating: -1)
    }

    private struct Edge {
        var name: Range<Int>
        var node: Int
    }

    private let nodes: [Node]
    private let edges: [Edge]
    private let names: [UInt8]
    let allMethods: MethodSet

    init(_ routes: [Route]) {
        let root = Branch()
        for (index, route) in routes.enumerated() { root.plant(route, index) }
        var flat = Flattening()
        flat.add(root)
        nodes = flat.nodes
        edges = flat.edges
        names = flat.names
        allMethods = nodes.reduce([.init(.options)]) { $0.union($1.methods) }
    }

    func match(_ method: Method, _ segments: PathSegments, in path: UnsafeBufferPointer<UInt8>) -> Router.Match {
        var captures = Router.Captures()
        guard let end = walk(from: 0, 0, segments, path, &captures) else { return .notFound }
        let asked = method == .head ? Method.get : method
        let route = nodes[end].routes[Int(asked.rawValue)]
        if route >= 0 { return .route(route, captures) }
        return method == .options ? .options(nodes[end].methods) : .methodNotAllowed(nodes[end].methods)
    }

    /// The node where the segments from `index` on end.
    private func walk(
        from node: Int, _ index: Int, _ segments: PathSegments, _ path: UnsafeBufferPointer<UInt8>,
        _ captures: inout Router.Captures
    ) -> Int? {
        if index == segments.count { return nodes[node].methods.isEmpty ? nil : node }
        let segment = segments[index]
        for edge in nodes[node].edges where matches(edges[edge], segment, path) {
            if let end = walk(from: edges[edge].node, index + 1, segments, path, &captures) { return end }
        }
        guard nodes[node].parameter >= 0 else { return nil }
        let outer = captures
        captures.append(segment)
        if let end = walk(from: nodes[node].parameter, index + 1, segments, path, &captures) { return end }
        captures = outer
        return nil
    }

    private func matches(
        _ edge: Edge, _ segment: PathSegments.Segment, _ path: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let bytes = UnsafeBufferPointer(rebasing: path[Int(segment.start)..<Int(segment.end)])
        if segment.isEncoded {
            guard let text = try? PercentDecoding.text(bytes, inPath: true) else { return false }
            return text.utf8.elementsEqual(names[edge.name])
        }
        guard bytes.count == edge.name.count else { return false }
        for offset in 0..<bytes.count where bytes[offset] != names[edge.name.lowerBound + offset] { return false }
        return true
    }

    /// The tree while it grows.
    private final class Branch {
        var literals: [(name: String, branch: Branch)] = []
        var parameter: Branch?
        var routes: [Method: Int] = [:]

        func plant(_ route: Route, _ index: Int) {
            precondition(route.template.hasPrefix("/"), "\(route.template) is no path")
            var branch = self
            var parameters = 0
            for segment in route.template.split(separator: "/") {
                if segment.hasPrefix("{") { parameters += 1 }
                branch = branch.child(String(segment))
            }
            precondition(parameters <= 4, "\(route.template) has more than four parameters")
            precondition(branch.routes[route.method] == nil, "\(route.method.name) \(route.template) is there twice")
            branch.routes[route.method] = index
        }

        private func child(_ segment: String) -> Branch {
            if segment.hasPrefix("{") {
                let branch = parameter ?? Branch()
                parameter = branch
                return branch
            }
            if let known = literals.first(where: { $0.name == segment }) { return known.branch }
            let branch = Branch()
            literals.append((segment, branch))
            return branch
        }
    }

    private struct Flattening {
        var nodes: [Node] = []
        var edges: [Edge] = []
        var names: [UInt8] = []

        /// Appends a branch and all behind it; returns its place.
        @discardableResult
        mutating func add(_ branch: Branch) -> Int {
            let place = nodes.count
            nodes.append(Node())
            let first = edges.count
            for literal in branch.literals {
                let start = names.count
                names.append(contentsOf: literal.name.utf8)
                edges.append(Edge(name: start..<names.count, node: -1))
            }
            nodes[place].edges = first..<edges.count
            for (offset, literal) in branch.literals.enumerated() { edges[first + offset].node = add(literal.branch) }
            if let parameter = branch.parameter { nodes[place].parameter = add(parameter) }
            for (method, route) in branch.routes {
                nodes[place].routes[Int(method.rawValue)] = route
                nodes[place].methods.insert(MethodSet(method))
                if method == .get { nodes[place].methods.insert(MethodSet(.head)) }
            }
            if !branch.routes.isEmpty { nodes[place].methods.insert(MethodSet(.options)) }
            return place
        }
    }
}
