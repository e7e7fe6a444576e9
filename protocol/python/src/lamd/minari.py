"""Minari's data sets as the daemon's demonstrations, and back, equal element by element.

>>> made = lamd.minari.upload(client, minari.load_dataset("D4RL/door/human-v2"))
>>> lamd.minari.download(client, made["demonstration_id"], "door/copy-v0", author="me")

Arrays travel as safetensors in the dtypes of their spaces. What the daemon has no word for goes along: the data set's
metadata and the dtypes and shapes of the first episode in the set's `metadata`; an episode's attributes, and its dtypes
where they differ, in its first info. Images alone come back changed, because Minari keeps them as JPEG.
"""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Optional

import gymnasium
import minari
import numpy as np
from gymnasium import Space, spaces
from minari.data_collector import EpisodeBuffer
from minari.dataset.minari_storage import is_image_space
from numpy.typing import NDArray

from . import safetensors
from .caller import JSON, compact
from .client import Client
from .columns import form_of, formed, gathered, guessed, spread, tagged, unpictured, untagged
from .problem import Problem
from .spaces import Tensors, decode_space

#: In the set's metadata and in first infos: what only this module reads.
KEY = "lamd.minari"

#: What a set says of itself in any case, or what Minari writes anew.
_DERIVED = {"dataset_id", "observation_space", "action_space", "total_episodes", "total_steps", "dataset_size"}
_DERIVED |= {"data_format", "minari_version"}

_REQUEST_BYTES = 64 << 20


def upload(client: Client, dataset: minari.MinariDataset, name: Optional[str] = None) -> JSON:
    """Makes a set of demonstrations from a data set.

    Args:
        client: Who talks to the daemon.
        dataset: The data set, or a part of one.
        name: What people call the set, by default the data set's id.

    Returns:
        The daemon's description of the set, with its `demonstration_id`.

    Raises:
        TypeError: Where a space has no tensor form (Text, Sequence, Graph, OneOf).
        ValueError: Where an array does not fit its space, or there are no episodes.
        Problem: Where the daemon refuses the episodes; nothing of the set is kept.
    """
    if not len(dataset):
        raise ValueError(f"the data set {dataset.id} has no episodes")
    requests = _requests(dataset)
    first, form = next(requests)
    known = dataset.storage.read_raw_metadata(dataset.storage.data_path)
    known = {key: value for key, value in known.items() if key not in _DERIVED}
    metadata = {KEY: {"metadata": known, "form": form}}
    made = client.create_demonstrations(first, name=name or dataset.id, metadata=metadata, **_world(client, dataset))
    try:
        for tensors, _ in requests:
            made = client.add_episodes(made["demonstration_id"], tensors)
    except BaseException:
        client.delete_demonstrations(made["demonstration_id"])
        raise
    return made


def download(client: Client, demonstration_id: str, dataset_id: str, **metadata: Any) -> minari.MinariDataset:
    """Writes a set of demonstrations as a data set, where `minari.load_dataset` finds it.

    Args:
        client: Who talks to the daemon.
        demonstration_id: The set.
        dataset_id: The data set's id, such as `cartpole/expert-v0`; it must be new.
        metadata: Minari's: `algorithm_name`, `author`, `author_email`, `code_permalink`, `description`, …; what a data
            set that was uploaded had is kept where it is not given anew.

    Infos that are not in every step are left out with a warning, because Minari has no form for them.
    """
    about = client.get_demonstrations(demonstration_id)
    tensors = safetensors.load(client.get_demonstration_file(demonstration_id, format="safetensors"))
    kept = (about.get("metadata") or {}).get(KEY, {})
    pair = decode_space(about["observation_space"]), decode_space(about["action_space"])
    episodes = list(_episodes(tensors, pair, kept.get("form", {})))
    known = {"env_spec": _env_spec(about), **kept.get("metadata", {}), **metadata}
    known = {key: value for key, value in known.items() if value is not None}
    for key in {"author", "author_email"} & known.keys():
        known[key] = {known[key]} if isinstance(known[key], str) else set(known[key])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Each piece of metadata that is not given here.
        dataset = minari.create_dataset_from_buffers(
            dataset_id, [item.buffer for item in episodes], observation_space=pair[0], action_space=pair[1]
        )
    dataset.storage.update_metadata(known)
    dataset.storage.update_episode_metadata([item.attributes for item in episodes])
    return minari.load_dataset(dataset_id)


def _env_spec(about: JSON) -> Optional[str]:
    """Gymnasium's specification of a set's world, where Gymnasium has it."""
    if not about.get("env_id"):
        return None
    try:
        spec = copy.deepcopy(gymnasium.spec(about["env_id"]))
    except gymnasium.error.Error:
        return None
    spec.kwargs.update(about.get("kwargs") or {})
    return spec.to_json()


# To the daemon


def _world(client: Client, dataset: minari.MinariDataset) -> JSON:
    """The data set's world, where the daemon has it, and its spaces, where they are not the world's."""
    pair: JSON = {"observation_space": dataset.observation_space, "action_space": dataset.action_space}
    spec = dataset.env_spec
    if spec is None:
        return pair
    try:
        made = client.create_env(spec.id, kwargs=spec.kwargs)
    except TypeError:  # Keyword arguments that JSON lacks.
        return pair
    except Problem as problem:
        if problem.status not in (400, 404):
            raise
        return pair
    client.delete_env(made["instance_id"])
    same = all(decode_space(made[key]) == space for key, space in pair.items())
    world = {"env_id": spec.id, "kwargs": spec.kwargs}
    return world if same else {**world, **pair}


def _requests(dataset: minari.MinariDataset) -> Iterator[tuple[Tensors, JSON]]:
    """The episodes' tensors, in parts of a bounded size, and the form of the first episode."""
    pending: list[Tensors] = []
    size = 0
    usual: JSON = {}
    attributes = dataset.storage.get_episode_metadata(dataset.episode_indices)
    for episode, own in zip(dataset.iterate_episodes(), attributes):
        tensors, form = _packed(episode, own, (dataset.observation_space, dataset.action_space), usual)
        usual = usual or form
        pending.append(tensors)
        size += sum(array.nbytes for array in tensors.values())
        if size > _REQUEST_BYTES:
            yield _joined(pending), usual
            pending, size = [], 0
    if pending:
        yield _joined(pending), usual


def _joined(episodes: list[Tensors]) -> Tensors:
    joined = {name: np.concatenate([part[name] for part in episodes]) for name in episodes[0]}
    if all(line == b"[]" for line in joined["infos"].tobytes().splitlines()):
        del joined["infos"]
    return joined


def _packed(episode: Any, attributes: JSON, pair: tuple[Space[Any], Space[Any]], usual: JSON) -> tuple[Tensors, JSON]:
    """One episode as the tensors of a set of one, and its form: the dtypes and shapes that it had."""
    count = len(episode.rewards)
    tensors: Tensors = {"episode_lengths": np.array([count])}
    form: JSON = {}
    leaves = [*_leaves("observations", pair[0], episode.observations), *_leaves("actions", pair[1], episode.actions)]
    for name, space, values in leaves:
        array = np.asarray(values)
        form[name], tensors[name] = form_of(array), _fitted(name, space, array)
    for name, dtype in (("rewards", np.float64), ("terminations", np.bool_), ("truncations", np.bool_)):
        array = getattr(episode, name)
        form[name], tensors[name] = form_of(array), array.astype(dtype).reshape(count)

    infos: list[JSON] = [{} for _ in range(count + 1)]
    extras: JSON = {}
    form["infos"] = None
    if episode.infos is not None:
        form["infos"], others = spread(episode.infos, infos)
        extras["infos"] = others
    attributes = {key: value for key, value in attributes.items() if key not in ("id", "total_steps")}
    seed = attributes.pop("seed", None)
    fits = seed is not None and seed < 1 << 63
    tensors["seeds"] = np.array([seed if fits else -1], np.int64)
    if seed is not None and not fits:
        extras["seed"] = str(seed)
    extras["attributes"] = {key: tagged(value) for key, value in attributes.items()}
    extras["form"] = {key: value for key, value in form.items() if usual and usual[key] != value}
    extras = {key: value for key, value in extras.items() if value}
    if extras:
        infos[0] = {**infos[0], KEY: extras}
    tensors["infos"] = np.frombuffer((compact(infos if any(infos) else []) + "\n").encode(), np.uint8)
    return tensors, form


def _leaves(name: str, space: Space[Any], batch: Any) -> Iterator[tuple[str, Space[Any], Any]]:
    """The arrays of a batch with their tensor names and their spaces."""
    if isinstance(space, (spaces.Dict, spaces.Tuple)):
        parts: Iterable[Any] = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        for key, item in parts:
            yield from _leaves(f"{name}.{key}", item, batch[key])
    else:
        yield name, space, batch


def _fitted(name: str, space: Space[Any], array: NDArray[Any]) -> NDArray[Any]:
    """The array in its space's dtype and shape."""
    if not isinstance(space, (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
        raise TypeError(f"{name} is {type(space).__name__}, which has no tensor form")
    try:
        fitted = array.astype(space.dtype).reshape(len(array), *(space.shape or ()))
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {form_of(array)} a step, which does not fit {space}") from None
    if not np.array_equal(fitted.ravel(), array.ravel(), equal_nan=array.dtype.kind == "f"):
        warnings.warn(f"{name} is {array.dtype} and its space {space.dtype}: it loses precision", stacklevel=2)
    return fitted


# From the daemon


class _Episode(NamedTuple):
    buffer: EpisodeBuffer
    attributes: JSON


def _episodes(tensors: Tensors, pair: tuple[Space[Any], Space[Any]], usual: JSON) -> Iterator[_Episode]:
    """The episodes of a set's file."""
    lines = tensors["infos"].tobytes().splitlines() if "infos" in tensors else []
    seeds = tensors.get("seeds", np.full(len(tensors["episode_lengths"]), -1))
    steps = rows = 0
    for index, count in enumerate(tensors["episode_lengths"].tolist()):
        infos: list[JSON] = (json.loads(lines[index]) if lines else []) or [{} for _ in range(count + 1)]
        extras = infos[0].pop(KEY, {})
        form = {**usual, **extras.get("form", {})}
        parts: Tensors = {}
        for name, array in tensors.items():
            kind = name.partition(".")[0]
            if kind in ("observations", "action_masks"):
                part = array[rows : rows + count + 1]
            elif kind in ("actions", "rewards", "terminations", "truncations"):
                part = array[steps : steps + count]
            else:
                continue
            parts[name] = formed(part, form[name], len(part)) if name in form else part
        steps, rows = steps + count, rows + count + 1
        seed = int(extras["seed"]) if "seed" in extras else int(seeds[index])
        attributes = untagged(extras.get("attributes", {}))
        yield _Episode(
            EpisodeBuffer(
                seed=seed if seed >= 0 else None,
                options=attributes.pop("options", None),
                observations=_nested("observations", pair[0], parts),
                actions=_nested("actions", pair[1], parts),
                rewards=parts["rewards"],
                terminations=parts["terminations"],
                truncations=parts["truncations"],
                infos=_infos_of(infos, form, extras, parts.get("action_masks")),
            ),
            attributes,
        )


def _infos_of(infos: list[JSON], form: JSON, extras: JSON, masks: Optional[NDArray[Any]]) -> Optional[JSON]:
    """The infos of an episode as arrays of one row a step."""
    known = form.get("infos") or {}
    if "infos" in form and all(row.keys() == known.keys() for row in infos):
        return None if form["infos"] is None else gathered(infos, known, untagged(extras.get("infos", {})))
    columns = guessed(infos)
    if masks is not None:
        columns.setdefault("action_mask", masks.astype(np.int8))
    return columns


def _nested(name: str, space: Space[Any], tensors: Tensors) -> Any:
    """A batch in the form of its space."""
    if isinstance(space, spaces.Dict):
        return {key: _nested(f"{name}.{key}", item, tensors) for key, item in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_nested(f"{name}.{index}", item, tensors) for index, item in enumerate(space.spaces))
    return tensors[name] if is_image_space(space) else unpictured(tensors[name])
