"""What PyTorch computes for discriminators, the gradient of the gradient penalty by double backward.

    pip install torch numpy && python discriminator.py > ../NeuralTests/DiscriminatorReferences.swift
"""

import torch
from torch.nn import functional as F

from networks import sequence, show

ROWS, WIDTH, STATE, HIDDEN = 6, 5, 3, [7, 4]


def parts(numbers, salt):
    widths, found = [numbers, *HIDDEN, 1], []
    for layer in range(3):
        for shape in ((widths[layer], widths[layer + 1]), (widths[layer + 1],)):
            found.append(sequence(torch.Size(shape).numel(), salt + len(found)).reshape(shape).requires_grad_())
    return found


def network(parts, x):
    for layer in range(3):
        x = x @ parts[2 * layer] + parts[2 * layer + 1]
        if layer < 2:
            x = torch.relu(x)
    return x[:, 0]


def discriminator(name, weight, shaped):
    """Three updates by Adam on the same six steps of each kind."""
    g = parts(WIDTH, 2)
    h = parts(STATE, 8) if shaped else []
    numbers = [sequence(ROWS * WIDTH, salt).reshape(ROWS, WIDTH) for salt in (20, 21)]
    following = [sequence(ROWS * STATE, salt).reshape(ROWS, STATE) for salt in (22, 23)]
    discounts = torch.tensor([0.9, 0.9, 0.0, 0.9, 0.9, 0.9])
    logarithms = [sequence(ROWS, salt) - 1 for salt in (24, 25)]
    interpolation = ((sequence(ROWS, 26) + 1) / 2)[:, None]

    def value(k):
        value = network(g, numbers[k])
        return value + discounts * network(h, following[k]) - network(h, numbers[k][:, :STATE]) if shaped else value

    def logit(k):
        return value(k) - logarithms[k] if shaped else value(k)

    show(f"{name}Rewards", value(1) if shaped else F.softplus(value(1)))
    rule = torch.optim.Adam(g + h, 0.01)
    for step in range(3):
        expert, own = logit(0), logit(1)
        if step == 0:
            show(f"{name}Logits", torch.cat([expert, own]))
        loss = F.binary_cross_entropy_with_logits(
            torch.cat([expert, own]), torch.cat([torch.ones(ROWS), torch.zeros(ROWS)]))
        between = (interpolation * numbers[0] + (1 - interpolation) * numbers[1]).requires_grad_()
        slope, = torch.autograd.grad(network(g, between).sum(), between, create_graph=True)
        norm = slope.norm(dim=1)
        penalty = weight * ((norm - 1) ** 2).mean()
        rule.zero_grad()
        (loss + penalty).backward()
        if step == 0:
            show(f"{name}Gradient", torch.cat([p.grad.reshape(-1) for p in g + h]))
        rule.step()
        accuracies = [(expert > 0).double().mean(), (own < 0).double().mean()]
        if step == 2:
            show(f"{name}Metrics", torch.stack([loss, penalty, *accuracies, norm.mean() * (weight > 0)]))
    show(f"{name}Parameters", torch.cat([p.reshape(-1) for p in g + h]))


if __name__ == "__main__":
    print("// Made by Tests/Goldens/discriminator.py.\n\nenum DiscriminatorReferences {")
    discriminator("gail", 0, False)
    discriminator("penalized", 10, False)
    discriminator("airl", 0.5, True)
    print("}")
