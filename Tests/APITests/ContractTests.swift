import API
import Foundation
import HTTP
import Testing
import Yams

/// The route table against the contract that clients read.
struct ContractTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    private struct Row: Hashable, CustomStringConvertible {
        let method: String
        let path: String
        let name: String
        /// That the operation's token needs; nil where it needs none.
        let scope: String?
        /// The parameters of its query.
        let query: Set<String>
        var description: String { "\(method) \(path) \(name) for \(scope ?? "anyone"), ?\(query.sorted())" }
    }

    private func contract() throws -> Set<Row> {
        let text = try String(contentsOf: Self.root.appending(path: "protocol/openapi.yaml"), encoding: .utf8)
        let document = try #require(try Yams.load(yaml: text) as? [String: Any])
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let components = try #require(document["components"] as? [String: [String: Any]])
        let shared = try #require(components["parameters"])
        var rows: Set<Row> = []
        for (path, item) in paths {
            for (method, operation) in item where method != "parameters" {
                let operation = try #require(operation as? [String: Any])
                let security = try #require(operation["security"] as? [[String: [String]]], "\(method) \(path)")
                rows.insert(
                    Row(
                        method: method.uppercased(), path: path,
                        name: try #require(operation["operationId"] as? String),
                        scope: security.first?["bearer"]?.first,
                        query: try query([item["parameters"], operation["parameters"]], shared)))
            }
        }
        return rows
    }

    /// - Parameter shared: what parameters refer to.
    private func query(_ lists: [Any?], _ shared: [String: Any]) throws -> Set<String> {
        let parameters = try lists.compactMap(\.self).flatMap { try #require($0 as? [[String: Any]]) }
        let found = try parameters.map { parameter in
            guard let reference = parameter["$ref"] as? String else { return parameter }
            return try #require(shared[reference.replacing("#/components/parameters/", with: "")] as? [String: Any])
        }
        return Set(try found.filter { $0["in"] as? String == "query" }.map { try #require($0["name"] as? String) })
    }

    private func table() -> Set<Row> {
        Set(
            API.operations.map {
                Row(
                    method: $0.method.name, path: $0.template, name: $0.name, scope: $0.scope,
                    query: Set($0.query ?? []))
            })
    }

    @Test func `has exactly the operations of the contract, and their queries`() throws {
        let contract = try contract()
        let table = table()
        #expect(table.subtracting(contract).map(\.description).sorted() == [], "not in the contract")
        #expect(contract.subtracting(table).map(\.description).sorted() == [], "not in the route table")
        #expect(table.count > 20)
        #expect(table.flatMap(\.query).count > 20)
        #expect(API.operations.allSatisfy { ($0.query == nil) == !$0.template.hasPrefix("/v1/") })
    }
}
