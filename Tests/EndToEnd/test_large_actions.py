"""The worlds with large action spaces: their rules once more, in numpy, on the same seeds."""

import json

import gymnasium
import numpy as np
import pytest

import lamd
from lamd import safetensors
from lamd.spaces import decode_space

EPISODES = 5
ROOT = "/v1/demonstrations/"
SENT = {"Content-Type": "application/json"}


def rolled(client, env_id, seed, actions, **kwargs):
    """An episode from `seed` by `actions`: observations, rewards, infos, and whether it ended in a terminal state."""
    instance = client.create_env(env_id, kwargs=kwargs)["instance_id"]
    played = client.rollout(instance, actions=actions, seed=seed)["episodes"][0]
    client.delete_env(instance)
    observations = np.array(played["observations"], np.float32)
    return observations, np.array(played["rewards"]), played.get("infos"), played["terminations"][-1]


def torques(n):
    values = np.linspace(-2, 2, n, dtype=np.float32)
    np.random.default_rng(0).shuffle(values)
    return values


@pytest.mark.parametrize("n", [2, 11, 10_000, 1_000_000])
def test_the_discretized_pendulum_is_gymnasiums_with_torques_looked_up(client, n):
    own, table = gymnasium.make("Pendulum-v1", g=9.81), torques(n)
    for seed in range(EPISODES):
        actions = np.random.default_rng(seed).integers(n, size=200).tolist()
        observations, rewards, infos, _ = rolled(client, "DiscretizedPendulum-v0", seed, actions, n=n, g=9.81)
        expected = [own.reset(seed=seed)[0]]
        for action, reward in zip(actions, rewards):
            observation, own_reward, *_ = own.step(table[[action]])
            expected.append(observation)
            assert reward == own_reward
        assert np.array_equal(observations, expected) and infos == [{}] * 201


def test_masked_actions_do_nothing_and_are_counted(client):
    n, table = 1_000, torques(1_000)
    own = gymnasium.make("Pendulum-v1")
    random = np.random.default_rng(1)
    actions = random.integers(n, size=200).tolist()
    observations, rewards, infos, _ = rolled(client, "DiscretizedPendulum-v0", 3, actions, n=n, masked=0.9)
    masks = np.array([info["action_mask"] for info in infos])
    assert masks.shape == (201, n)
    # Five standard errors; and no two steps alike.
    assert abs(masks.mean() - 0.1) < 5 * (0.09 / masks.size) ** 0.5
    assert len({mask.tobytes() for mask in masks}) == 201
    assert own.reset(seed=3)[0].tolist() == observations[0].tolist()
    assert infos[0]["invalid_action"] is False
    for step, action in enumerate(actions):
        allowed = bool(masks[step, action])
        observation, reward, *_ = own.step(table[[action]] if allowed else np.zeros(1, np.float32))
        assert np.array_equal(observation, observations[step + 1]) and reward == rewards[step]
        assert infos[step + 1]["invalid_action"] is not allowed
    assert 160 < sum(info["invalid_action"] for info in infos) < 200


def test_masks_are_told_by_every_reply_and_kept_by_snapshots(client):
    made = client.create_env("DiscretizedPendulum-v0", num_envs=2, kwargs={"n": 100, "masked": 0.5})
    one = made["instance_id"]
    reset = client.reset(one, seed=1)
    first = reset["info"]["action_mask"]
    assert np.shape(first) == (2, 100) and first[0] != first[1]
    stepped = client.step(one, [0, 1])["info"]
    assert stepped["invalid_action"] == [not first[0][0], not first[1][1]]
    snapshot = client.snapshot(one)["snapshot"]
    after = client.step(one, [2, 3])
    client.restore(one, snapshot)
    assert client.step(one, [2, 3]) == after
    client.delete_env(one)


def test_wide_masks_have_bounds(client):
    kwargs = {"n": 1_000_000, "masked": 0.5}
    with pytest.raises(lamd.Problem) as caught:
        client.create_env("DiscretizedPendulum-v0", num_envs=5, kwargs=kwargs)
    assert (caught.value.status, caught.value.pointer) == (400, "/num_envs")
    assert "at most 4" in caught.value.detail
    one = client.create_env("DiscretizedPendulum-v0", kwargs=kwargs)["instance_id"]
    assert len(client.reset(one, seed=0)["info"]["action_mask"]) == 1_000_000
    with pytest.raises(lamd.Problem) as caught:
        client.rollout(one, policy="random", steps=100)
    assert caught.value.status == 400 and "passed 16 transitions" in caught.value.detail
    assert client.rollout(one, policy="random", steps=200, transitions=False)["lengths"] == [200]
    client.delete_env(one)


@pytest.mark.parametrize(("joints", "bins"), [(12, 10), (3, 2), (1, 101)])
def test_reach_moves_by_its_two_lines(client, joints, bins):
    for seed in range(EPISODES):
        random, acting = np.random.default_rng(seed), np.random.default_rng(100 + seed)
        angles = random.uniform(-1, 1, joints)
        distance, direction = np.sqrt(random.random()), random.uniform(-np.pi, np.pi)
        target = distance * np.array([np.cos(direction), np.sin(direction)])
        actions = acting.integers(bins, size=(50, joints))
        observations, rewards, _, terminated = rolled(
            client, "Reach-v0", seed, actions.tolist(), joints=joints, bins=bins
        )
        assert not terminated and len(rewards) == 50
        for step in range(51):
            absolute = np.cumsum(angles)
            tip = np.array([np.cos(absolute).mean(), np.sin(absolute).mean()])
            expected = np.concatenate([np.cos(absolute), np.sin(absolute), target, tip])
            np.testing.assert_allclose(observations[step], expected, atol=1e-6)
            if step > 0:
                assert rewards[step - 1] == pytest.approx(-np.linalg.norm(tip - target), abs=1e-12)
            if step < 50:
                angles = angles + 0.05 * (2 * actions[step] / (bins - 1) - 1)


def test_the_hybrid_agent_moves_as_described(client):
    ends = set()
    for seed in range(30):
        random, acting = np.random.default_rng(seed), np.random.default_rng(100 + seed)
        (x, y), (goal_x, goal_y) = random.uniform(-1, 1, 2), random.uniform(-1, 1, 2)
        heading, speed, step, over = random.uniform(-np.pi, np.pi), 0.0, 0, False
        # Some accelerate often, some brake often.
        chances = [[0.6, 0.2, 0.2], [0.1, 0.2, 0.7], [0.2, 0.6, 0.2]][seed % 3]
        kinds = acting.choice(3, size=200, p=chances)
        actions = [
            [int(kind), [float(np.float32(acting.uniform(0, 1))), float(np.float32(acting.uniform(-1, 1)))]]
            for kind in kinds
        ]
        before, expected_rewards, expected = np.hypot(goal_x - x, goal_y - y), [], []

        def state():
            distance = np.hypot(goal_x - x, goal_y - y)
            inside = float(distance <= 0.1)
            return [x, y, speed, np.cos(heading), np.sin(heading), goal_x, goal_y, distance, inside, step / 200]

        expected.append(state())
        while not over:
            kind, (acceleration, turn) = actions[step]
            speed += 0.5 * acceleration if kind == 0 else 0
            heading += np.pi / 2 * turn if kind == 1 else 0
            speed = max(0.0, speed - 0.1) if kind == 2 else speed
            x, y, step = x + speed * 0.005 * np.cos(heading), y + speed * 0.005 * np.sin(heading), step + 1
            distance = np.hypot(goal_x - x, goal_y - y)
            there = distance <= 0.1 and speed == 0
            out, late = max(abs(x), abs(y)) > 1, step == 200
            expected_rewards.append(before - distance - 0.001 + there - (not there and (out or late)))
            before, over = distance, there or out or late
            expected.append(state())
        ends.add("there" if there else "out" if out else "late")
        observations, rewards, _, terminated = rolled(client, "HybridMoving-v0", seed, actions[:step])
        assert terminated and len(rewards) == step
        np.testing.assert_allclose(observations, expected, atol=1e-5)
        np.testing.assert_allclose(rewards, expected_rewards, atol=1e-9)
    assert {"out", "late"} <= ends


def split_mix(seed, index):
    """Word `index` that follows from `seed`; arrays of uint64."""
    with np.errstate(over="ignore"):
        word = seed + (np.uint64(index) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        word = (word ^ word >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ word >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return word ^ word >> np.uint64(31)


def catalogue(items, generation):
    """[items, 9], generation after generation."""
    numbers = np.arange(items, dtype=np.uint64)

    def features(born):
        words = [split_mix(np.uint64(born << 32) | numbers, index) for index in range(9)]
        return np.stack([(word >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1 for word in words], 1)

    table = features(0)
    for born in range(1, generation + 1):
        bit = split_mix(np.uint64(1 << 63 | born << 32) | numbers // np.uint64(2), 0) & np.uint64(1)
        table = np.where((bit == numbers % np.uint64(2))[:, None], features(born), table)
    return table


@pytest.mark.parametrize("generation", [0, 3])
def test_users_evolve_as_the_page_says(client, generation):
    items, table = 3_000, catalogue(3_000, generation)
    watched_any = 0
    for seed in range(EPISODES):
        random, acting = np.random.default_rng(seed), np.random.default_rng(100 + seed)
        interests = random.uniform(-1, 1, 8)
        profile = np.clip(interests + 0.5 * random.standard_normal(8), -1, 1)
        minutes, last, watched, step = 60.0, np.zeros(9), 0, 0
        expected, expected_rewards, actions = [], [], []
        while True:
            expected.append([*profile, *last, watched, minutes / 60])
            if minutes == 0:
                break
            # Now and then something that the user may like.
            liked = int((table[:, :8] @ interests).argmax())
            item = liked if step % 3 == 1 else int(acting.integers(items))
            step += 1
            actions.append(item)
            last, quality = table[item], table[item, 8]
            traits = last[:8]
            chance, believed = (np.exp(w @ traits) / (np.exp(w @ traits) + 4) for w in (interests, profile))
            watched = int(random.random() < chance)
            time = min(4, minutes) if watched else 0
            minutes = max(0, minutes - (time * (1 - 0.5 * quality) if watched else 2))
            expected_rewards.append(time)
            if watched:
                watched_any += 1
                size = np.abs(traits)
                towards = random.random() < (1 + interests @ traits / size.sum()) / 2
                change = 0.3 * (1 - np.abs(interests)) * size * (traits - interests)
                interests = np.clip(interests + (change if towards else -change), -1, 1)
            profile = np.clip(profile + 0.3 * (watched - believed) * traits, -1, 1)
        observations, rewards, _, terminated = rolled(
            client, "Recommender-v0", seed, actions, items=items, generation=generation
        )
        assert terminated and len(rewards) == len(actions)
        np.testing.assert_allclose(observations, expected, atol=1e-6)
        np.testing.assert_allclose(rewards, expected_rewards, atol=1e-9)
    assert watched_any > 20


@pytest.mark.parametrize("env_id", ["DiscretizedPendulum-v0", "Reach-v0", "HybridMoving-v0", "Recommender-v0"])
def test_gymnasiums_api_plays_them(daemon, client, env_id):
    env = lamd.make(env_id, url=daemon.url)
    world = client.get_environment(env_id)
    assert env.action_space == decode_space(world["action_space"]) and len(world["experts"]) == 1
    env.action_space.seed(1)
    observation, _ = env.reset(seed=1)
    assert env.observation_space.contains(observation)
    for _ in range(60):
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        assert env.observation_space.contains(observation) and np.isfinite(reward)
        if terminated or truncated:
            env.reset()
    assert b"<svg" in daemon.request("GET", f"/v1/envs/{env.unwrapped.instance_id}/render?mode=svg").body
    env.close()


def test_experts_demonstrate_on_wide_masks(daemon):
    """Nothing that is masked is shown, and each mask is kept once."""
    about = {"env_id": "DiscretizedPendulum-v0", "kwargs": {"n": 5_000, "masked": 0.9}, "name": "wide"}
    made = daemon.request("POST", ROOT, json.dumps({**about, "expert": "scripted", "num_episodes": 2, "seed": 1}), SENT)
    assert made.status == 201, made.body
    path = f"{ROOT}{json.loads(made.body)['demonstration_id']}"
    tensors = safetensors.load(daemon.request("GET", f"{path}/file").body)
    masks, actions = tensors["action_masks"].reshape(2, 201, 5_000)[:, :-1], tensors["actions"].reshape(2, 200)
    assert all(mask[action] for mask, action in zip(masks.reshape(400, -1), actions.ravel()))
    assert 0.09 < masks.mean() < 0.11
    assert all(info == {"invalid_action": False} for line in infos_of(tensors) for info in line)


def infos_of(tensors):
    return [json.loads(line) for line in bytes(tensors["infos"]).decode().splitlines()]
