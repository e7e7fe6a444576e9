"""Updates from what was shown as PyTorch computes them: what ImitationTests repeat. Prints Swift.

    pip install torch numpy && python imitation.py > ../LearningTests/ImitationReference.swift
"""

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from networks import sequence, show

torch.set_default_dtype(torch.float64)

NUMBERS, HIDDEN = 3, 5
DISCOUNT, RATE, TAU = 0.9, 0.05, 0.25
HERE, THERE = sequence(2 * NUMBERS, 3).reshape(2, NUMBERS)


@dataclass
class Row:
    """A decision in the first of two states. Of a label, the reward is None: what came of it is not known."""

    kind: str
    action: list
    reward: float | None = None
    ends: bool = False
    imitated: bool = True


class Network:
    def __init__(self, components, salt, masks=None):
        self.components = components
        self.masks = masks or [[True] * sum(components)] * 2
        self.parameters, start = [], 0
        shapes = [(NUMBERS, HIDDEN), (HIDDEN,), (HIDDEN, 1 + sum(components)), (1 + sum(components),)]
        flat = sequence(sum(torch.Size(s).numel() for s in shapes), salt)
        for shape in shapes:
            count = torch.Size(shape).numel()
            self.parameters.append(flat[start:start + count].reshape(shape).clone().requires_grad_())
            start += count

    def __call__(self, place):
        """V, and for each component its scores and what is allowed of it."""
        first, bias, second, offset = self.parameters
        outputs = torch.relu((HERE, THERE)[place] @ first + bias) @ second + offset
        scores = outputs[1:].split(self.components)
        return outputs[0], list(zip(scores, torch.tensor(self.masks[place]).split(self.components)))

    def best(self, place):
        return [int(s.masked_fill(~m, -torch.inf).argmax()) for s, m in self(place)[1]]

    def value(self, place, action):
        """Q of a decision: V and the mean over components of how far it is above the mean of what is allowed."""
        value, components = self(place)
        parts = [s[a] - (s * m).sum() / m.sum() for a, (s, m) in zip(action, components)]
        return value + sum(parts) / len(parts)

    def cross_entropy(self, action):
        return sum(F.cross_entropy(s.masked_fill(~m, -torch.inf), torch.tensor(a))
                   for a, (s, m) in zip(action, self(0)[1]))

    def margin(self, action, margin):
        losses = []
        for a, (s, m) in zip(action, self(0)[1]):
            raised = s + margin * (1 - F.one_hot(torch.tensor(a), len(s)))
            losses.append(raised.masked_fill(~m, -torch.inf).max() - s[a])
        return sum(losses) / len(losses)

    def excess(self):
        """How far what is not allowed is above 0.1 below the best that is; what is allowed only moves together."""
        loss = 0
        for s, m in self(0)[1]:
            best = s.detach().masked_fill(~m, -torch.inf).max()
            common = (s * m).sum() / m.sum()
            loss = loss + (torch.relu(s - common + common.detach() + 0.1 - best) * ~m).square().sum() / 2
        return loss


def learn(name, rows, updates, components=(4,), masks=None, values=True, imitation=None, weight=0.0, margin=0.0,
          same_target=False):
    """`rows` may be a function of the network."""
    components = list(components)
    online, target = Network(components, 1, masks), Network(components, 1 if same_target else 2, masks)
    optimizer = torch.optim.SGD(online.parameters, RATE)
    rows = rows(online) if callable(rows) else rows
    for _ in range(updates):
        loss = 0
        for row in rows:
            if values and row.reward is not None:
                goal = row.reward
                if not row.ends:
                    goal = goal + DISCOUNT * target.value(1, online.best(1)).detach()
                loss = loss + F.huber_loss(online.value(0, row.action), torch.as_tensor(goal))
            if imitation and row.imitated:
                term = online.margin(row.action, margin) if imitation == "margin" else online.cross_entropy(row.action)
                loss = loss + weight * term
        loss = loss / len(rows) + (online.excess() if masks else 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if values:
            for t, o in zip(target.parameters, online.parameters):
                t.data += TAU * (o.data - t.data)
    show(f"{name}Parameters", torch.cat([p.reshape(-1) for p in online.parameters]))
    if values:
        show(f"{name}Target", torch.cat([p.reshape(-1) for p in target.parameters]))


def beside(shown, own=0.5, imitates_shown=True, imitates_own=False):
    """One row of four was shown; the others are of what the network itself finds best. What both returned is given."""
    return lambda network: ([Row("shown", [1], shown, True, imitated=imitates_shown)]
                            + [Row("own", network.best(0), own, True, imitated=imitates_own)] * 3)


def soft(network):
    """SQIL: what was shown is worth 1, one's own 0; both times a quarter."""
    return [Row("shown", [1], 0.25)] * 2 + [Row("own", network.best(0), 0.0)] * 2


if __name__ == "__main__":
    print("// Made by Tests/Goldens/imitation.py.\n\nenum ImitationReference {")
    some = [[True, False, True, True], [False, True, True, False]]
    shown, ended = [Row("shown", [2], 0.5)], [Row("shown", [2], 0.5, True)]
    learn("margin", shown, 100, imitation="margin", weight=0.5, margin=0.8)
    learn("marginEnded", ended, 50, imitation="margin", weight=0.5, margin=0.8)
    learn("marginMasked", shown, 50, imitation="margin", weight=0.5, margin=0.8, masks=some)
    learn("marginComponents", [Row("shown", [2, 17], 0.5)], 50, components=(23, 24), imitation="margin", weight=0.5,
          margin=0.8)
    learn("conservative", shown, 50, imitation="cross_entropy", weight=0.5)
    learn("cloned", shown, 100, values=False, imitation="cross_entropy", weight=0.7)
    learn("clonedMasked", shown, 50, values=False, imitation="cross_entropy", weight=0.7, masks=some)
    learn("clonedComponents", [Row("shown", [2, 17], 0.5)], 50, components=(23, 24), values=False,
          imitation="cross_entropy", weight=0.7)
    learn("labelled", [Row("label", [2])], 50, imitation="margin", weight=0.5, margin=0.8, same_target=True)
    # Three of four steps are taken when the first update comes: of the weight's fall to a fifth, three quarters are over.
    fallen = 0.5 * (1 + (0.2 - 1) * 0.75)
    network = Network([4], 1)
    assert 0.75 < network.value(0, network.best(0)) < 0.85 and network.best(0) != [1]
    learn("beside", beside(0.85), 1, imitation="margin", weight=fallen, margin=0.8)
    learn("besideWorse", beside(0.75, imitates_shown=False), 1, imitation="margin", weight=fallen, margin=0.8)
    learn("besideUnfiltered", beside(0.75), 1, imitation="cross_entropy", weight=fallen)
    learn("besideSelf", beside(0.75, 0.85, False, True), 1, imitation="margin", weight=fallen, margin=0.8)
    learn("soft", soft, 1)
    print("}")
