"""Masks of agents that are made for spaces: within observations, beside them, in every form."""

import gymnasium
import numpy as np
import pytest

import lamd

COUNT = 6
SMALL = {"hidden_sizes": [16], "learning_starts": 32, "batch_size": 32, "discount": 0.0}
BESIDE = gymnasium.spaces.Box(-1, 1, (2,))
WITHIN = gymnasium.spaces.Dict({"action_mask": gymnasium.spaces.MultiBinary(COUNT), "seen": BESIDE})


def make(client, observation_space, action_space=gymnasium.spaces.Discrete(COUNT), **fields):
    agent = client.create_agent(
        observation_space=observation_space, action_space=action_space, seed=1, hyperparameters=SMALL, **fields
    )
    return agent["agent_id"]


def situations(count, seed=0):
    """Where one is, and what is allowed there: two or three actions."""
    random = np.random.default_rng(seed)
    masks = np.zeros((count, COUNT), np.int8)
    for mask in masks:
        mask[random.choice(COUNT, random.integers(2, 4), replace=False)] = 1
    return random.uniform(-1, 1, (count, 2)).astype(np.float32), masks


def forms(mask):
    """The same mask in all its forms."""
    allowed, forbidden = np.flatnonzero(mask).tolist(), np.flatnonzero(mask == 0).tolist()
    return [mask.tolist(), mask.astype(bool).tolist(), {"allowed": allowed}, {"forbidden": forbidden}]


def refused(call):
    with pytest.raises(lamd.Problem) as caught:
        call()
    return caught.value


def observed(seen, masks, beside):
    """Steps in which the allowed action of the highest number is taken, for 1, or now and then another one, for 0."""
    random = np.random.default_rng(1)
    steps = []
    for place in range(len(seen) - 1):
        allowed = np.flatnonzero(masks[place])
        action = int(allowed[-1] if random.random() < 0.5 else random.choice(allowed))
        step = {"action": action, "reward": float(action == allowed[-1]), "terminated": False, "truncated": True}
        for name, at in (("", place), ("next_", place + 1)):
            step[f"{name}observation"] = seen[at].tolist() if beside else told(seen[at], masks[at])
            if beside:
                step[f"{name}action_mask"] = forms(masks[at])[place % 4]
        steps.append(step)
    return steps


def told(seen, mask):
    return {"action_mask": mask.tolist(), "seen": seen.tolist()}


@pytest.mark.parametrize("beside", [True, False])
def test_masks_are_learned_with_and_acted_by(client, beside):
    agent = make(client, BESIDE, is_masked=True) if beside else make(client, WITHIN)
    assert client.get_agent(agent)["is_masked"] is True
    seen, masks = situations(400)
    client.observe(agent, observed(seen, masks, beside))
    for place in range(50):
        for mask in forms(masks[place]):
            fields = {"action_mask": mask} if beside else {}
            observation = seen[place].tolist() if beside else told(seen[place], masks[place])
            reply = client.act(agent, observation=observation, top_k=COUNT, include=["probabilities"], **fields)
            assert masks[place][reply["action"]]
            assert {ranked["action"] for ranked in reply["ranking"]} == set(np.flatnonzero(masks[place]))
            assert not np.array(reply["probabilities"])[masks[place] == 0].any()
    client.delete_agent(agent)


def test_a_request_forbids_more_than_the_observation(client):
    agent = make(client, WITHIN)
    seen, masks = situations(20)
    for place in range(20):
        first, *others = np.flatnonzero(masks[place]).tolist()
        reply = client.act(agent, observation=told(seen[place], masks[place]), action_mask={"forbidden": others})
        assert reply["action"] == first
        problem = refused(
            lambda: client.act(
                agent, observation=told(seen[place], masks[place]), action_mask={"forbidden": [first, *others]}
            )
        )
        assert problem.status == 400
    client.delete_agent(agent)


def test_each_component_has_a_mask_of_its_own_form(client):
    space = gymnasium.spaces.MultiDiscrete([3, 40, 40])
    agent = make(client, BESIDE, space, is_masked=True)
    mask = [[0, 1, 0], {"allowed": [7, 8]}, {"forbidden": list(range(39))}]
    step = {"observation": [0, 0], "action": [1, 7, 39], "reward": 1, "next_observation": [0, 0], "terminated": True}
    client.observe(agent, [{**step, "action_mask": mask}] * 40)
    for deterministic in (True, False):
        first, second, third = client.act(agent, [0, 0], action_mask=mask, deterministic=deterministic)["action"]
        assert (first, third) == (1, 39) and second in (7, 8)
    client.delete_agent(agent)


def test_tensors_carry_masks_too(client):
    agent = make(client, BESIDE, is_masked=True)
    seen, masks = situations(100)
    actions = np.array([np.flatnonzero(mask)[0] for mask in masks])
    flags = np.zeros(100, bool)
    columns = {"observation": seen, "action": actions, "reward": np.ones(100), "next_observation": seen}
    columns |= {"terminated": flags, "truncated": ~flags, "action_mask": masks, "next_action_mask": masks.astype(bool)}
    assert client.observe(agent, columns)["observed"] == 100
    problem = refused(lambda: client.observe(agent, {**columns, "action_mask": masks[:, 1:]}))
    assert problem.status == 400 and problem.pointer == "/action_mask"
    client.delete_agent(agent)


def test_what_is_wrong_with_a_mask_is_named(client):
    step = {"observation": [0, 0], "action": 1, "reward": 1, "next_observation": [0, 0], "terminated": False}
    heeding, plain = make(client, BESIDE, is_masked=True), make(client, BESIDE)
    before = client.get_agent(heeding)["steps"]
    for mask, pointer in [
        ([1, 0], "/transitions/1/action_mask"),
        ({"allowed": [6]}, "/transitions/1/action_mask/allowed/0"),
        ([0] * COUNT, "/transitions/1/action_mask"),
    ]:
        problem = refused(lambda: client.observe(heeding, [step, {**step, "action_mask": mask}]))
        assert problem.status == 400 and problem.pointer == pointer
    problem = refused(lambda: client.observe(plain, [{**step, "action_mask": [1] * COUNT}]))
    assert problem.status == 400 and "is_masked" in problem.detail
    assert client.get_agent(heeding)["steps"] == before
    problem = refused(lambda: client.create_agent("CartPole-v1", is_masked=True))
    assert problem.pointer == "/is_masked"
    features = np.eye(COUNT, dtype=np.float32)
    known = make(client, BESIDE, is_masked=True, action_features=features)
    problem = refused(lambda: client.patch_action_features(known, [COUNT], features[:1]))
    assert problem.status == 400 and "mask" in problem.detail
    for agent in (heeding, plain, known):
        client.delete_agent(agent)
