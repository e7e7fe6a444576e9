import CContract
import Gym
import JSON
import Yams
import Store

/// The contract, protocol/openapi.yaml, which is part of the program.
enum Contract {
    /// As JSON, for `/openapi.json`.
    static let json: [UInt8] = {
        var writer = JSONWriter(reserving: 1 << 17)
        writer.value(document)
        return writer.take()
    }()

    /// - Precondition: the contract is YAML; a test reads it.
    static let document: Value = {
        var count = 0
        let start = unsafe contract_openapi(&count)
        let text = unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        guard let node = try? Yams.compose(yaml: text) else { preconditionFailure("the contract is not YAML") }
        return Value(node)
    }()
}

extension Value {
    fileprivate init(_ node: Node) {
        switch node {
        case .mapping(let mapping):
            self = .object(mapping.map { Member($0.key.string ?? "", Value($0.value)) })
        case .sequence(let sequence): self = .array(sequence.map { Value($0) })
        case .scalar(let scalar): self = Value(scalar, node)
        case .alias: self = .null
        }
    }

    private init(_ scalar: Node.Scalar, _ node: Node) {
        if scalar.style != .plain {
            self = .string(scalar.string)
        } else if let integer = node.int {
            self = .int(Int64(integer))
        } else if let flag = node.bool {
            self = .bool(flag)
        } else if let number = node.float {
            self = .double(number)
        } else {
            self = node.null != nil ? .null : .string(scalar.string)
        }
    }
}
