import Gym
import Learning
import Neural
import Testing

@Suite struct FormTests {
    private static let whole = Space.discrete(Discrete(3, start: -1))
    private static let torque = Space.box(Box(low: -2, high: 2, shape: [1]))

    @Test func `Discrete is one component`() throws {
        let form = try ActionForm(Self.whole, bins: 11)
        #expect(form.components == [.categorical(count: 3, start: -1)])
        #expect(form.head.components == [3])
        #expect(form.maskWidth == 3)
    }

    @Test func `a lane of a Box is bins from bound to bound`() throws {
        let form = try ActionForm(.box(Box(low: [-2, 0], high: [2, 1], shape: [2])), bins: 5)
        #expect(form.components == [.bins(low: -2, high: 2, count: 5), .bins(low: 0, high: 1, count: 5)])
        #expect(form.isJoint && form.head.components == [25])
    }

    @Test func `a Box of few whole numbers has a member for each`() throws {
        let form = try ActionForm(.box(Box(low: 1, high: 4, shape: [1], dtype: .int64)), bins: 11)
        #expect(form.components == [.categorical(count: 4, start: 1)])
    }

    @Test func `a product of up to 512 is joint, a larger one is scored by component`() throws {
        let small = try ActionForm(.multiDiscrete(MultiDiscrete([8, 8, 8])), bins: 5)
        #expect(small.isJoint && small.head.components == [512] && small.maskWidth == 24)
        let large = try ActionForm(.multiDiscrete(MultiDiscrete([8, 8, 9])), bins: 5)
        #expect(!large.isJoint && large.head.components == [8, 8, 9] && large.head.width == 26)
        let huge = try ActionForm(.multiDiscrete(MultiDiscrete(Array(repeating: 10, count: 12))), bins: 5)
        #expect(huge.head.members == 120)
    }

    @Test func `Tuple and Dict concatenate, MultiBinary is components of two`() throws {
        let space = Space.tuple(
            Tuple([
                Self.whole, .dict(Dict([.init("torque", Self.torque), .init("flags", .multiBinary(MultiBinary(2)))])),
            ]))
        let form = try ActionForm(space, bins: 3)
        #expect(
            form.components == [
                .categorical(count: 3, start: -1), .bins(low: -2, high: 2, count: 3),
                .categorical(count: 2, start: 0), .categorical(count: 2, start: 0),
            ])
    }

    @Test func `an observation splits into numbers and categories`() throws {
        let space = Space.dict(
            Dict([
                .init("place", .discrete(Discrete(500))), .init("speed", .box(Box(low: 0, high: 1, shape: [2, 3]))),
                .init("lights", .multiBinary(MultiBinary(2))), .init("dice", .multiDiscrete(MultiDiscrete([6, 4]))),
            ]))
        let form = try ObservationForm(space)
        #expect(form.numbers == 6)
        #expect(form.categories == [500, 2, 2, 6, 4])
    }

    @Test(arguments: [
        Space.text(Text(maxLength: 3)), .sequence(SequenceSpace(.discrete(Discrete(2)))),
        .oneOf(OneOf([.discrete(Discrete(2))])), .box(Box(low: 0, high: 255, shape: [8, 8, 3], dtype: .uint8)),
        .discrete(Discrete(1_000_000)), .tuple(Tuple([])),
    ])
    func `refuses to observe what it cannot, and says what it can`(_ space: Space) throws {
        let error = #expect(throws: LearningError.self) { try ObservationForm(space) }
        guard case .unsupportedSpace(.observation, let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("Discrete") || reason.contains("lane"))
    }

    @Test(arguments: [
        Space.text(Text(maxLength: 3)), .box(Box(low: 0, high: .infinity, shape: [1])),
        .discrete(Discrete(1 << 25)), .multiDiscrete(MultiDiscrete([100_000, 100_000])), .dict(Dict([])),
    ])
    func `refuses to act where it cannot`(_ space: Space) throws {
        #expect {
            try ActionForm(space, bins: 5)
        } throws: {
            if case .unsupportedSpace(.action, _)? = $0 as? LearningError { true } else { false }
        }
    }
}
