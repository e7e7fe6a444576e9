import Glibc

/// Where a connection's latest path led. Whoever steps or acts asks for one path over and over, and to cut it up and walk
/// down the tree is a tenth of what a step costs here.
struct LatestRoute {
    /// Bytes of a path that is remembered: those of all routes without a long id.
    private static let longest = 64

    private var path = InlineArray<64, UInt8>(repeating: 0)
    private var length = 0
    private var method = Method.get
    private var found: (index: Int, captures: Router.Captures) = (0, Router.Captures())

    /// The route of a method and a path, where they are the latest ones again.
    func find(_ method: Method, _ path: UnsafeBufferPointer<UInt8>) -> (index: Int, captures: Router.Captures)? {
        guard path.count == length, length > 0, method == self.method, let sent = path.baseAddress else { return nil }
        let isSame = self.path.span.withUnsafeBytes { known in
            known.baseAddress.map { memcmp($0, sent, length) == 0 } ?? false
        }
        return isSame ? found : nil
    }

    mutating func keep(
        _ method: Method, _ path: UnsafeBufferPointer<UInt8>, _ index: Int, _ captures: Router.Captures
    ) {
        guard path.count <= Self.longest else { return }
        for place in path.indices { self.path[place] = path[place] }
        length = path.count
        self.method = method
        found = (index, captures)
    }
}
