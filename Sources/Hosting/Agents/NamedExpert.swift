import Gym
import Learning

/// An expert that a request named.
public struct NamedExpert: Sendable {
    /// The scripted expert's id, or the agent's.
    public let id: String
    public let expert: any Expert
}

extension Agents {
    /// - Parameters:
    ///   - name: a scripted expert's id, ``Catalogue/scripted`` for the best that the environment has, or the id of an agent,
    ///     whose served policy is the expert then.
    ///   - tenant: whose agents there are.
    public func expert(
        _ name: String, in request: EnvironmentRequest, of tenant: Tenant
    ) throws(HostingError) -> NamedExpert {
        if let id = Identifier(name) { return try expert(id, in: request, of: tenant) }
        do {
            let spec = try catalogue.expert(name, for: request.spec)
            return NamedExpert(id: spec.id, expert: try spec.make(for: request.spec, kwargs: request.kwargs))
        } catch {
            throw .environment(error)
        }
    }

    private func expert(
        _ id: Identifier, in request: EnvironmentRequest, of tenant: Tenant
    ) throws(HostingError) -> NamedExpert {
        guard let agent = find(id, of: tenant) else {
            throw .invalid(field: "expert", reason: "there is no agent \(id)")
        }
        do throws(LearningError) {
            try request.check(
                observation: agent.observationSpace, action: agent.actionSpace)
        } catch {
            guard case .invalidRequest = error else { throw .learning(error) }
            throw .invalid(field: "expert", reason: "agent \(id) has other spaces than \(request.spec.id)")
        }
        return NamedExpert(id: id.description, expert: agent.served.policy)
    }
}
