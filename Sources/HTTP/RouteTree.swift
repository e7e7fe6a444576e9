/// The route table as a tree in flat arrays, walked without an allocation.
final class RouteTree: Sendable {
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
        let end = nodes.withUnsafeBufferPointer { nodes in
            edges.withUnsafeBufferPointer { edges in
                names.withUnsafeBufferPointer { names in
                    Walk(nodes: nodes, edges: edges, names: names, path: path)
                        .end(of: segments, from: 0, 0, &captures)
                }
            }
        }
        guard let end else { return .notFound }
        let asked = method == .head ? Method.get : method
        let route = nodes[end].routes[Int(asked.rawValue)]
        if route >= 0 { return .route(route, captures) }
        return method == .options ? .options(nodes[end].methods) : .methodNotAllowed(nodes[end].methods)
    }

    /// One path on its way down. Arrays are lent once, and not looked after at every step.
    private struct Walk {
        let nodes: UnsafeBufferPointer<Node>
        let edges: UnsafeBufferPointer<Edge>
        let names: UnsafeBufferPointer<UInt8>
        let path: UnsafeBufferPointer<UInt8>

        /// The node where the segments from `index` on end.
        func end(
            of segments: borrowing PathSegments, from node: Int, _ index: Int, _ captures: inout Router.Captures
        ) -> Int? {
            var node = node
            for index in index..<segments.count {
                let segment = segments[index]
                let parameter = nodes[node].parameter
                if let next = literal(behind: node, segment) {
                    guard parameter >= 0 else {
                        node = next
                        continue
                    }
                    // Both fit: the parameter's turn comes where the literal leads nowhere.
                    let known = captures.count
                    if let end = end(of: segments, from: next, index + 1, &captures) { return end }
                    captures.count = known
                }
                guard parameter >= 0 else { return nil }
                captures.append(segment)
                node = parameter
            }
            return nodes[node].methods.isEmpty ? nil : node
        }

        private func literal(behind node: Int, _ segment: PathSegments.Segment) -> Int? {
            for edge in nodes[node].edges where matches(edges[edge].name, segment) { return edges[edge].node }
            return nil
        }

        private func matches(_ name: Range<Int>, _ segment: PathSegments.Segment) -> Bool {
            let (start, count) = (Int(segment.start), Int(segment.end - segment.start))
            if segment.isEncoded {
                let bytes = UnsafeBufferPointer(rebasing: path[start..<start + count])
                guard let text = try? PercentDecoding.text(bytes, inPath: true) else { return false }
                return text.utf8.elementsEqual(names[name])
            }
            guard count == name.count else { return false }
            for offset in 0..<count where path[start + offset] != names[name.lowerBound + offset] { return false }
            return true
        }
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
