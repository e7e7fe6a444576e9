"""Updates/s of a peer's learner: `updates_peer.py NAME SECONDS` answers each line `HIDDEN BATCH` with a rate."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

INPUTS, ACTIONS, SCAN = 4, 2, 100
EXPERIENCE = 20_000
LEARNING_RATE, DISCOUNT, CLIP = 1e-3, 0.99, 10.0
# Makes some updates, and says how many.
Updates = Callable[[], int]


def batches(batch: int, count: int) -> tuple[Any, ...]:
    """Transitions drawn beforehand: observations, actions, rewards, next observations, ends."""
    random = np.random.default_rng(0)
    seen, after = random.normal(size=(2, count, batch, INPUTS)).astype(np.float32)
    actions = random.integers(ACTIONS, size=(count, batch))
    ends = (random.random((count, batch)) < 0.02).astype(np.float32)
    return seen, actions, np.ones((count, batch), np.float32), after, ends


def jax_updates(hidden: int, batch: int, scanned: bool) -> Updates:
    import jax
    import jax.numpy as jnp
    import optax

    def network(parameters: Any, rows: Any) -> Any:
        for weight, bias in parameters[:-1]:
            rows = jax.nn.relu(rows @ weight + bias)
        return rows @ parameters[-1][0] + parameters[-1][1]

    def loss(parameters: Any, target: Any, drawn: Any) -> Any:
        seen, actions, rewards, after, ends = drawn
        best = network(parameters, after).argmax(axis=1)
        wanted = (
            rewards + DISCOUNT * (1 - ends) * jnp.take_along_axis(network(target, after), best[:, None], axis=1)[:, 0]
        )
        values = jnp.take_along_axis(network(parameters, seen), actions[:, None], axis=1)[:, 0]
        return optax.huber_loss(values, wanted).mean()

    optimizer = optax.chain(optax.clip_by_global_norm(CLIP), optax.adam(LEARNING_RATE))

    def update(state: Any, drawn: Any) -> Any:
        parameters, moments, target = state
        gradients = jax.grad(loss)(parameters, target, drawn)
        change, moments = optimizer.update(gradients, moments)
        return (optax.apply_updates(parameters, change), moments, target), None

    random = np.random.default_rng(1)
    widths = [INPUTS, hidden, hidden, ACTIONS]
    parameters = [
        (jnp.asarray(random.normal(0, (2 / a) ** 0.5, (a, b)), jnp.float32), jnp.zeros(b))
        for a, b in zip(widths, widths[1:])
    ]
    target = jax.tree.map(jnp.array, parameters)
    state = [(parameters, optimizer.init(parameters), target)]
    drawn = jax.tree.map(jnp.asarray, batches(batch, SCAN))
    if scanned:
        many = jax.jit(lambda state, drawn: jax.lax.scan(update, state, drawn)[0], donate_argnums=0)

        def run() -> int:
            state[0] = jax.block_until_ready(many(state[0], drawn))
            return SCAN

        return run
    one = jax.jit(lambda state, drawn: update(state, drawn)[0], donate_argnums=0)
    single = [jax.tree.map(lambda values: values[index], drawn) for index in range(SCAN)]

    def step() -> int:
        for part in single:
            state[0] = one(state[0], part)
        jax.block_until_ready(state[0])
        return SCAN

    return step


def torch_updates(hidden: int, batch: int, compiled: bool) -> Updates:
    import torch
    from torch import nn

    torch.set_num_threads(1)

    def network() -> Any:
        first, second, last = nn.Linear(INPUTS, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, ACTIONS)
        return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), last)

    learned, target = network(), network()
    target.load_state_dict(learned.state_dict())
    optimizer = torch.optim.Adam(learned.parameters(), LEARNING_RATE)

    def loss(seen: Any, actions: Any, rewards: Any, after: Any, ends: Any) -> Any:
        with torch.no_grad():
            best = learned(after).argmax(dim=1, keepdim=True)
            wanted = rewards + DISCOUNT * (1 - ends) * target(after).gather(1, best)[:, 0]
        values = learned(seen).gather(1, actions[:, None])[:, 0]
        return nn.functional.smooth_l1_loss(values, wanted)

    lossy = torch.compile(loss) if compiled else loss
    move = torch.compile(optimizer.step) if compiled else optimizer.step
    drawn = [torch.as_tensor(values) for values in batches(batch, SCAN)]

    def step() -> int:
        for part in zip(*drawn):
            optimizer.zero_grad()
            lossy(*part).backward()
            nn.utils.clip_grad_norm_(learned.parameters(), CLIP)
            move()
        return SCAN

    return step


def baseline_updates(hidden: int, batch: int, library: str) -> Updates:
    from stable_baselines3.common.logger import configure

    if library == "sbx":
        from sbx import DQN
    else:
        import torch
        from stable_baselines3 import DQN

        torch.set_num_threads(1)
    options: dict[str, Any] = {} if library == "sbx" else {"device": "cpu"}
    model = DQN(
        "MlpPolicy",
        "CartPole-v1",
        policy_kwargs={"net_arch": [hidden, hidden]},
        batch_size=batch,
        buffer_size=EXPERIENCE,
        seed=1,
        **options,
    )
    model.set_logger(configure(None, []))
    seen, actions, rewards, after, ends = batches(1, EXPERIENCE)
    for place in range(EXPERIENCE):
        model.replay_buffer.add(seen[place], after[place], actions[place], rewards[place], ends[place], [{}])

    def step() -> int:
        model.train(batch_size=batch, gradient_steps=SCAN)
        return SCAN

    return step


MAKERS: dict[str, Callable[[int, int], Updates]] = {
    "JAX, scan of 100": lambda hidden, batch: jax_updates(hidden, batch, scanned=True),
    "JAX, a step": lambda hidden, batch: jax_updates(hidden, batch, scanned=False),
    "PyTorch": lambda hidden, batch: torch_updates(hidden, batch, compiled=False),
    "PyTorch compiled": lambda hidden, batch: torch_updates(hidden, batch, compiled=True),
    "SB3": lambda hidden, batch: baseline_updates(hidden, batch, "SB3"),
    "sbx": lambda hidden, batch: baseline_updates(hidden, batch, "sbx"),
}


@lru_cache
def warm(name: str, hidden: int, batch: int) -> Updates:
    """A learner that has compiled whatever it compiles."""
    updates = MAKERS[name](hidden, batch)
    for _ in range(3):
        updates()
    return updates


def main() -> None:
    name, seconds = sys.argv[1], float(sys.argv[2])
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        hidden, batch = map(int, line.split())
        updates = warm(name, hidden, batch)
        # By the core's time, as lamd-bench does it, so that whatever else runs there misleads less.
        count, started = 0, time.process_time()
        while (spent := time.process_time() - started) < seconds:
            count += updates()
        print(count / spent, flush=True)


if __name__ == "__main__":
    main()
