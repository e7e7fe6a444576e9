import Gym
import HTTP
import Hosting
import JSON
import Learning
import Store

/// The expert in the client: states that a job asks about, and what a person or a program says to do there.
enum LabelOperations {
    static func getLabels(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let (job, open) = call.hall.jobs.questions(of: agent)
        let page = try Page(call, of: open) { String($0.id) }
        return page.reply(
            page.items.map { describe($0, agent) },
            and: [.init("job_id", .string(job?.description)), .init("open", .int(Int64(open.count)))])
    }

    private static func describe(_ question: Question, _ agent: Agent) -> Value {
        var (observation, action) = (0, 0)
        var members: [Value.Member] = [
            .init("state_id", .int(Int64(question.id))),
            .init("observation", agent.observationSpace.value(of: question.observation, at: &observation)),
        ]
        if !question.mask.isEmpty {
            members.append(.init("action_mask", .array(question.mask.map { .int($0 ? 1 : 0) })))
        }
        members.append(.init("action", agent.actionSpace.value(of: question.action, at: &action)))
        members.append(.init("confidence", .double(Double(question.confidence))))
        return .object(members)
    }

    static func postLabels(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let fields = try call.requiredFields(["labels"])
        let json = try fields.required("labels")
        guard json.kind == .array, (1...10_000).contains(json.count) else {
            throw .invalid("expected an array of 1 to 10,000 labels", at: "/labels")
        }
        var labels: [Label] = []
        for (index, element) in json.arrayElements.enumerated() {
            labels.append(try label(element, at: fields.at("labels").appending(index), agent))
        }
        let open: Int
        do { open = try call.hall.jobs.label(agent, labels) } catch { throw Problem(error) }
        return .json(["accepted": .int(Int64(labels.count)), "open": .int(Int64(open))])
    }

    private static func label(_ json: JSONValue, at place: JSONPointer, _ agent: Agent) throws(Problem) -> Label {
        let fields = try Fields(json, at: place, known: ["state_id", "action"])
        _ = try fields.required("state_id")
        let action = try fields.required("action")
        var writer = LaneWriter(Lanes(agent.actionLayout.element, count: agent.actionLayout.count))
        do { try agent.actionSpace.read(action, into: &writer) } catch {
            throw Problem(error, at: fields.at("action").description)
        }
        return Label(
            state: try fields.int("state_id", in: 0...Int(Int32.max)) ?? 0, action: Value(action), lanes: writer.lanes)
    }
}
