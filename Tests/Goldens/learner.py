"""One update of the agent as PyTorch computes it: what LearnerTests repeat. Prints Swift.

    pip install torch numpy && python learner.py > ../LearningTests/UpdateReference.swift
"""

import torch
from torch import nn

from networks import sequence, show

torch.set_default_dtype(torch.float64)

NUMBERS, HIDDEN, ACTIONS = 3, 5, 4
DISCOUNT, RATE, TAU = 0.9, 0.01, 0.25


def network(salt):
    shapes = [(NUMBERS, HIDDEN), (HIDDEN,), (HIDDEN, 1 + ACTIONS), (1 + ACTIONS,)]
    parameters, start = [], 0
    flat = sequence(sum(torch.Size(s).numel() for s in shapes), salt)
    for shape in shapes:
        count = torch.Size(shape).numel()
        parameters.append(flat[start:start + count].reshape(shape).clone().requires_grad_())
        start += count
    return parameters


def values(parameters, state, allowed):
    outputs = torch.relu(state @ parameters[0] + parameters[1]) @ parameters[2] + parameters[3]
    mean = (outputs[1:] * allowed).sum() / allowed.sum()
    return outputs[0] + outputs[1:] - mean


def best(q, allowed):
    return int(q.masked_fill(~allowed, -torch.inf).argmax())


def update(name, steps, masks, ends, double):
    """Some steps in a row; what is done in the first is learned from, the state after them is worth something or not."""
    states = sequence(3 * NUMBERS, 3).reshape(3, NUMBERS)
    online, target = network(1), network(2)
    actions = [2, best(values(online, states[1], masks[1]), masks[1])]
    rewards = [0.5, -2.0][:steps]
    value = sum(DISCOUNT ** i * r for i, r in enumerate(rewards))
    last, allowed = states[steps], masks[steps]
    if not ends:
        judge = values(target, last, allowed)
        choice = best(values(online if double else target, last, allowed), allowed)
        value = value + DISCOUNT ** steps * judge[choice].detach()
    q = values(online, states[0], masks[0])
    loss = nn.functional.huber_loss(q[actions[0]], torch.as_tensor(value))
    optimizer = torch.optim.Adam(online, RATE)
    loss.backward()
    if not masks[0].all():
        # The members that are not allowed are kept 0.1 below the best; the allowed ones only move together.
        outputs = (torch.relu(states[0] @ online[0] + online[1]) @ online[2] + online[3])[1:]
        highest = outputs.detach().masked_fill(~masks[0], -torch.inf).max()
        common = (outputs * masks[0]).sum() / masks[0].sum()
        excess = torch.relu(outputs - common + common.detach() + 0.1 - highest) * ~masks[0]
        (excess ** 2 / 2).sum().backward()
    optimizer.step()
    print(f"    static let {name}SecondAction = {actions[1]}")
    show(f"{name}Parameters", torch.cat([p.reshape(-1) for p in online]))
    show(f"{name}Target", torch.cat([(t + TAU * (o - t)).reshape(-1) for t, o in zip(target, online)]))


if __name__ == "__main__":
    every = torch.ones(3, ACTIONS, dtype=torch.bool)
    some = torch.tensor([[True, False, True, True], [False, True, True, False], [True, True, False, True]])
    print("// Made by Tests/Goldens/learner.py.\n\nenum UpdateReference {")
    update("oneStep", 1, every, False, True)
    update("twoSteps", 2, every, False, True)
    update("notDouble", 2, every, False, False)
    update("ended", 1, every, True, True)
    update("masked", 2, some, False, True)
    print("}")
