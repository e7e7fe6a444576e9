"""What PyTorch computes for policies: the policy gradient, and scores of Gaussians.

    pip install torch numpy && python policies.py > ../NeuralTests/PolicyReferences.swift
"""

import torch
from torch.nn import functional as F

from networks import sequence, show


def policy_gradient():
    """Six rows of V and of components with 3 and 20 members; of the mask every fifth member is off."""
    rows, components = 6, [3, 20]
    outputs = (sequence(rows * 24, 5).reshape(rows, 24) * 2).requires_grad_()
    mask = torch.tensor([i % 5 != 1 for i in range(rows * 23)]).reshape(rows, 23)
    choices = torch.tensor([[0, 7], [1, 12], [2, 4], [0, 0], [1, 3], [2, 10]])
    advantages, returns = sequence(rows, 7) * 2, sequence(rows, 8) * 3
    change = torch.tensor([0.0, 0.1, 0.5, -0.5, 0.5, -0.5], dtype=torch.float32).double()
    for label, mask in (("", torch.ones_like(mask)), ("Masked", mask)):
        start, likelihood, entropy = 0, 0, 0
        for k, n in enumerate(components):
            part = outputs[:, 1 + start:1 + start + n].masked_fill(~mask[:, start:start + n], -torch.inf)
            logarithms = part.log_softmax(1)
            likelihood = likelihood + logarithms.gather(1, choices[:, k:k + 1])[:, 0]
            entropy = entropy - (part.softmax(1) * logarithms.masked_fill(~mask[:, start:start + n], 0)).sum(1)
            start += n
        show(f"logProbabilities{label}", likelihood)
        old = likelihood.detach() - change
        value_loss = F.mse_loss(outputs[:, 0], returns) / 2
        for name, clip in (("Clipped", 0.2), ("Unclipped", torch.inf)):
            ratio = (likelihood - old).exp()
            policy_loss = -torch.min(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages).mean()
            outputs.grad = None
            (policy_loss + 0.7 * value_loss - 0.3 * entropy.mean()).backward(retain_graph=True)
            show(f"gradient{name}{label}", outputs.grad)
            clipped = ((ratio - 1).abs() > clip).double().mean()
            show(f"means{name}{label}", torch.stack(
                [policy_loss, value_loss, entropy.mean(), (ratio - 1 - ratio.log()).mean(), clipped]))


def gaussian_scores():
    """Four rows of three numbers, 5 hidden; V, a Gaussian over 7 numbers, two plain scores, a Gaussian over 20."""
    rows, widths = 4, [3, 5, 7]
    parts = []
    for layer in range(2):
        for shape in ((widths[layer], widths[layer + 1]), (widths[layer + 1],)):
            parts.append((sequence(torch.Size(shape).numel(), 2 + len(parts)).reshape(shape) * 2).requires_grad_())
    x = torch.relu(sequence(rows * 3, 1).reshape(rows, 3) @ parts[0] + parts[1]) @ parts[2] + parts[3]

    def gaussian(mean, deviation, count):
        scale = (3 * torch.tanh(deviation / 3) - 2).exp()
        normal = torch.distributions.Normal(mean[:, None], scale[:, None])
        numbers = torch.linspace(-1, 1, count)
        return normal.log_prob(numbers) - normal.log_prob(mean[:, None])

    outputs = torch.cat([x[:, :1], gaussian(x[:, 1], x[:, 2], 7), x[:, 3:5], gaussian(x[:, 5], x[:, 6], 20)], 1)
    (outputs * sequence(rows * 30, 40).reshape(rows, 30)).sum().backward()
    show("gaussianOutputs", outputs)
    show("gaussianGradient", torch.cat([p.grad.reshape(-1) for p in parts]))


if __name__ == "__main__":
    print("// Made by Tests/Goldens/policies.py.\n\nenum PolicyReferences {")
    policy_gradient()
    gaussian_scores()
    print("}")
