"""Minari's data sets go to the daemon and come back equal, element by element."""

import gymnasium
import minari
import numpy as np
import pytest
from gymnasium import spaces
from minari.data_collector import EpisodeBuffer

import lamd


# Minari warns of each piece of metadata that is not given.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:minari")


@pytest.fixture(autouse=True)
def datasets(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))


class Rover(gymnasium.Env):
    """A world with nested spaces, and infos of every kind that Minari stores."""

    observation_space = spaces.Dict(
        lidar=spaces.Box(0, 255, (3,), np.uint8),
        pose=spaces.Tuple(
            [
                spaces.Box(-np.inf, np.inf, (2,), np.float64),
                spaces.Discrete(4, start=-1),
            ]
        ),
        sensors=spaces.Dict(
            gates=spaces.MultiBinary(3), level=spaces.Box(0, 1, (), np.float32)
        ),
    )
    action_space = spaces.Tuple(
        [
            spaces.Discrete(3),
            spaces.Dict(
                arm=spaces.Box(-1, 1, (2,)), tools=spaces.MultiDiscrete([2, 5])
            ),
        ]
    )

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        self.action_space.seed(seed)
        self.time = 0
        return self.observe()

    def step(self, action):
        self.time += 1
        observation, info = self.observe()
        return (
            observation,
            np.float32(self.np_random.normal()),
            self.time == 7,
            self.time == 5,
            info,
        )

    def observe(self):
        info = {
            "time": self.time,
            "odd": self.time % 2 == 1,
            "place": f"field {self.time} ö",
            "odds": np.array([0.1, np.inf, np.nan], np.float32) * (self.time + 1),
            "wheels": {
                "torque": self.np_random.normal(size=(2, 2)),
                "ticks": np.arange(4, dtype=np.uint16),
            },
            "serial": np.uint64(2**64 - 1 - self.time),
        }
        return self.observation_space.sample(), info


def collected(world, dataset_id, episodes=3, record_infos=True, seeds=True, **metadata):
    """A data set made by Minari's own collector with random actions."""
    collector = minari.DataCollector(world, record_infos=record_infos)
    collector.action_space.seed(1)
    for episode in range(episodes):
        collector.reset(seed=episode if seeds else None)
        over = False
        while not over:
            _, _, terminated, truncated, _ = collector.step(
                collector.action_space.sample()
            )
            over = terminated or truncated
    return collector.create_dataset(
        dataset_id, algorithm_name="random", author={"Ada", "Bob"}, **metadata
    )


def assert_equal(one, other):
    """Compares values of every kind with their dtypes and shapes."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, (tuple, list)):
        assert len(one) == len(other)
        for left, right in zip(one, other):
            assert_equal(left, right)
    elif isinstance(one, (np.ndarray, np.generic)):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other


FRESH = {"dataset_id", "dataset_size"}


def assert_same_datasets(one, other):
    assert len(one) == len(other) > 0 and one.total_steps == other.total_steps
    assert_equal(one.observation_space, other.observation_space)
    assert_equal(one.action_space, other.action_space)
    for left, right in zip(one, other):
        assert_equal(vars(left), vars(right))
    metadata = [
        {key: item for key, item in each.storage.metadata.items() if key not in FRESH}
        for each in (one, other)
    ]
    assert_equal(*metadata)
    assert one.env_spec == other.env_spec
    attributes = [
        list(each.storage.get_episode_metadata(range(len(each))))
        for each in (one, other)
    ]
    assert_equal(*attributes)


def there_and_back(client, dataset):
    made = lamd.minari.upload(client, dataset)
    copy = lamd.minari.download(client, made["demonstration_id"], "copies/of-it-v0")
    assert (made["name"], copy.id) == (dataset.id, "copies/of-it-v0")
    assert_same_datasets(dataset, copy)
    assert_same_datasets(dataset, minari.load_dataset("copies/of-it-v0"))
    client.delete_demonstrations(made["demonstration_id"])
    return made


@pytest.mark.parametrize(
    "env_id", ["CartPole-v1", "Pendulum-v1", "Taxi-v4", "Blackjack-v1"]
)
@pytest.mark.parametrize(
    "seeds", [True, False], ids=["small seeds", "seeds of 64 bits"]
)
def test_what_the_collector_made_of_a_world_of_ours(client, env_id, seeds):
    world = gymnasium.make(env_id)
    dataset = collected(
        world,
        "collected/it-v0",
        4,
        record_infos=env_id == "Taxi-v4",
        seeds=seeds,
        description="some",
    )
    made = there_and_back(client, dataset)
    assert made["env_id"] == env_id
    assert (made["num_episodes"], made["num_steps"]) == (
        len(dataset),
        dataset.total_steps,
    )


def test_what_the_collector_made_of_a_world_that_the_daemon_does_not_know(client):
    made = there_and_back(client, collected(Rover(), "rover/random-v3"))
    assert made.get("env_id") is None
    assert (
        lamd.spaces.decode_space(made["observation_space"]) == Rover.observation_space
    )
    assert lamd.spaces.decode_space(made["action_space"]) == Rover.action_space


def test_keywords_of_the_world_go_along(client):
    dataset = collected(
        gymnasium.make("FrozenLake-v1", is_slippery=False, map_name="8x8"),
        "lake/flat-v0",
    )
    made = there_and_back(client, dataset)
    assert made["env_id"] == "FrozenLake-v1"
    assert made["kwargs"] == {"is_slippery": False, "map_name": "8x8"}


def buffers():
    """Episodes that are not alike: other dtypes, no infos, an info that is not of a step, no seed, options."""
    space, rng = spaces.Box(-1, 1, (2,), np.float32), np.random.default_rng(1)

    def episode(steps, infos=None, dtype=np.float32, **further):
        ends = np.arange(steps) == steps - 1
        return EpisodeBuffer(
            observations=rng.uniform(-1, 1, (steps + 1, 2))
            .astype(np.float32)
            .astype(dtype),
            actions=rng.integers(0, 2, steps).astype(np.int32),
            rewards=rng.normal(size=steps).astype(dtype),
            terminations=ends,
            truncations=np.zeros(steps, bool),
            infos=infos,
            **further,
        )

    made = [
        episode(2),
        episode(3, {}, np.float64, seed=7),
        episode(
            1, {"a": np.arange(2), "b": {"c": np.uint8([[1], [2]]), "d": np.float32(4)}}
        ),
        episode(
            5,
            {"a": np.arange(3.0), "e": ["x"] * 6},
            seed=2**63 - 1,
            options={"low": -0.5, "deep": {"x": [1, 2]}},
        ),
        episode(1, seed=2**64 - 1),
    ]
    return made, {"observation_space": space, "action_space": spaces.Discrete(2)}


def test_episodes_that_are_not_alike(client):
    made, pair = buffers()
    dataset = minari.create_dataset_from_buffers(
        "unlike/each-v1", made, **pair, ref_min_score=0.5, ref_max_score=2.0
    )
    there_and_back(client, dataset)


def test_a_part_of_a_data_set(client):
    made, pair = buffers()
    dataset = minari.create_dataset_from_buffers("whole-v0", made, **pair)
    part = dataset.filter_episodes(lambda episode: len(episode) > 2)
    about = lamd.minari.upload(client, part, name="the long ones")
    assert about["name"] == "the long ones" and about["num_episodes"] == 2
    copy = lamd.minari.download(
        client, about["demonstration_id"], "part-v0", author="Eve", description="long"
    )
    for left, right in zip(part, copy):
        assert_equal({**vars(left), "id": None}, {**vars(right), "id": None})
    assert copy.storage.metadata["author"] == {"Eve"}


def test_a_set_in_several_requests(client, monkeypatch):
    monkeypatch.setattr(lamd.minari, "_REQUEST_BYTES", 1)
    there_and_back(client, collected(gymnasium.make("CartPole-v1"), "many/requests-v0"))


def test_episodes_that_others_add_to_an_uploaded_set(client):
    made, pair = buffers()
    about = lamd.minari.upload(
        client, minari.create_dataset_from_buffers("shared-v0", made, **pair)
    )
    infos = [{"here": 1.5}, {"here": 2.5, "late": 1}]
    added = {
        "observations": [[0, 0.5], [0.5, 1]],
        "actions": [1],
        "rewards": [2],
        "terminations": [True],
    }
    client.add_episodes(
        about["demonstration_id"],
        [{**added, "truncations": [False], "infos": infos, "seed": 3}],
    )
    with pytest.warns(
        UserWarning,
        match="left out, because Minari wants the same infos in every step: late",
    ):
        copy = lamd.minari.download(client, about["demonstration_id"], "copy-v0")
    assert len(copy) == len(made) + 1
    assert_equal(copy[len(made)].infos, {"here": np.array([1.5, 2.5])})
    assert_equal(copy[len(made)].observations, np.float32([[0, 0.5], [0.5, 1]]))
    client.delete_demonstrations(about["demonstration_id"])


def test_what_does_not_fit_its_space_is_refused(client):
    made, pair = buffers()
    wider = spaces.Box(-1, 1, (3,))
    dataset = minari.create_dataset_from_buffers(
        "bad-v0", made, **{**pair, "observation_space": wider}
    )
    with pytest.raises(
        ValueError, match=r"observations is float32\[2\] a step, which does not fit Box"
    ):
        lamd.minari.upload(client, dataset)


def test_text_is_refused(client):
    made, pair = buffers()
    worded = EpisodeBuffer(
        None, None, None, ["a", "b"], np.array([1]), [1.0], [True], [False]
    )
    dataset = minari.create_dataset_from_buffers(
        "text-v0",
        [worded],
        observation_space=spaces.Text(3),
        action_space=pair["action_space"],
    )
    with pytest.raises(
        TypeError, match="observations is Text, which has no tensor form"
    ):
        lamd.minari.upload(client, dataset)


def generated(client):
    made = client.create_demonstrations(
        env_id="Taxi-v4", expert="scripted", num_episodes=3, seed=5
    )
    return made["demonstration_id"]


def recorded(client):
    world = lamd.make(
        "Taxi-v4", url=client.url, record="at the wheel", max_episode_steps=9
    )
    world.action_space.seed(1)
    for seed in range(3):
        _, info = world.reset(seed=seed)
        over = False
        while not over:
            _, _, terminated, truncated, info = world.step(
                world.action_space.sample(info["action_mask"])
            )
            over = terminated or truncated
    world.close()
    sets = client.list_demonstrations(limit=1000)["items"]
    return next(
        made["demonstration_id"] for made in sets if made["name"] == "at the wheel"
    )


@pytest.mark.parametrize("make", [generated, recorded])
def test_what_the_daemon_made_opens_in_minari(client, make):
    """What is written is what Gymnasium's own world does, from the seeds and by the actions that are written."""
    demonstration_id = make(client)
    made = client.get_demonstrations(demonstration_id)
    dataset = lamd.minari.download(
        client, demonstration_id, "taxi/driven-v0", algorithm_name="by hand"
    )
    assert dataset.storage.metadata["algorithm_name"] == "by hand"
    assert (len(dataset), dataset.total_steps) == (3, made["num_steps"])
    world = dataset.recover_environment()
    for episode, attributes in zip(
        dataset, dataset.storage.get_episode_metadata(range(3))
    ):
        observation, info = world.reset(seed=attributes["seed"])
        for time, action in enumerate(episode.actions):
            assert observation == episode.observations[time]
            assert "action_mask" in episode.infos
            for key, values in episode.infos.items():
                np.testing.assert_array_equal(info[key], values[time])
            observation, reward, terminated, _, info = world.step(action)
            assert (reward, terminated) == (
                episode.rewards[time],
                episode.terminations[time],
            )
        assert observation == episode.observations[-1]
        assert episode.terminations[-1] or episode.truncations[-1]
    client.delete_demonstrations(demonstration_id)
