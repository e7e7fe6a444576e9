/// The route table, frozen into a tree that a path's bytes walk down. Paths match with and without their last slash, and
/// a literal segment wins over a parameter.
public final class Router: Sendable {
    /// What a method and a path come to.
    public enum Match: Sendable {
        /// The route's place in `routes`, and where its parameters lie.
        case route(Int, Captures)
        /// `OPTIONS` on a path that exists.
        case options(MethodSet)
        case methodNotAllowed(MethodSet)
        case notFound
        case malformed(PathFault)
    }

    /// Where in a path the parameters of a template are.
    public struct Captures: Sendable {
        public internal(set) var count = 0
        private var storage = InlineArray<4, PathSegments.Segment>(repeating: .init())

        subscript(index: Int) -> PathSegments.Segment { storage[index] }

        mutating func append(_ segment: PathSegments.Segment) {
            storage[count] = segment
            count += 1
        }

        /// The text of a parameter.
        public func text(_ index: Int, in path: Span<UInt8>) -> String {
            path.withUnsafeBufferPointer { text(index, in: $0) }
        }

        func text(_ index: Int, in path: UnsafeBufferPointer<UInt8>) -> String {
            // It was decoded once to check it, so it cannot fail now.
            (try? PercentDecoding.text(bytes(index, in: path), inPath: true)) ?? ""
        }

        func withBytes<Result>(
            _ index: Int, in path: UnsafeBufferPointer<UInt8>, _ read: (Span<UInt8>) -> Result
        ) -> Result {
            guard storage[index].isEncoded else { return read(bytes(index, in: path).span) }
            return read(text(index, in: path).utf8Span.span)
        }

        /// As they were sent.
        private func bytes(_ index: Int, in path: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
            precondition(index >= 0 && index < count, "the route has no parameter \(index)")
            return UnsafeBufferPointer(rebasing: path[Int(storage[index].start)..<Int(storage[index].end)])
        }
    }

    /// As they were given.
    public let routes: [Route]
    /// For each route the names in braces.
    let parameters: [[String]]
    private let tree: RouteTree

    /// Freezes a table. Two routes with one method and path, more than four parameters, or a template that is no path
    /// are programmer's mistakes.
    public init(_ routes: [Route]) {
        self.routes = routes
        parameters = routes.map { route in
            route.template.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        }
        tree = RouteTree(routes)
    }

    /// Finds the route of a raw path, still percent-encoded and without its query.
    public func match(_ method: Method, path: Span<UInt8>) -> Match {
        path.withUnsafeBufferPointer { match(method, path: $0) }
    }

    func match(_ method: Method, path: UnsafeBufferPointer<UInt8>) -> Match {
        if method == .options, path.count == 1, path[0] == UInt8(ascii: "*") { return .options(tree.allMethods) }
        do throws(PathFault) {
            let segments = try PathSegments(path)
            if segments.matchesNothing { return .notFound }
            return tree.match(method, segments, in: path)
        } catch {
            return .malformed(error)
        }
    }
}
