import Gym
import HTTP
import Hosting

/// The scripted experts.
enum ExpertOperations {
    static func listExperts(_ call: Call) throws(Problem) -> Reply {
        let page = try Page(call, of: call.hall.catalogue.experts.sorted { $0.id < $1.id }) { $0.id }
        return page.reply(
            page.items.map {
                [
                    "expert": .string($0.id), "summary": .string($0.summary),
                    "environments": .strings($0.environments.sorted()),
                ]
            })
    }
}
