"""What PyTorch computes for the cases that NeuralTests repeat.

    pip install torch numpy && python networks.py > ../NeuralTests/References.swift
"""

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def sequence(count, salt):
    """The same numbers as `sequence` in the tests: spread over [-1, 1), as float32."""
    values = [((i * 37 + salt * 101) % 97) / 48.5 - 1 for i in range(count)]
    return torch.tensor(values, dtype=torch.float32).double()


def show(name, tensor):
    numbers = [f"{x:.8g}" for x in tensor.detach().reshape(-1).tolist()]
    lines, line = [], "       "
    for number in numbers:
        if len(line) + len(number) + 2 > 116:
            lines.append(line)
            line = "       "
        line += f" {number},"
    lines.append(line if len(numbers) > 1 else line[:-1])
    print(f"    static let {name}: [Float] = [\n" + "\n".join(lines) + "\n    ]")


def network(name, activation, normalizes):
    """Four rows of three numbers and two categories (4 and 2 members), 5 and 4 hidden, 3 outputs."""
    rows, categories = 4, [4, 2]
    widths = [3, 5, 4, 3]
    indices = torch.tensor([[0, 1], [3, 0], [2, 1], [3, 1]])
    inputs = torch.cat(
        [sequence(rows * 3, 1).reshape(rows, 3)]
        + [F.one_hot(indices[:, k], n).double() for k, n in enumerate(categories)], 1)
    parts, salt = [], 2
    for layer in range(3):
        fan_in = widths[layer] + (sum(categories) if layer == 0 else 0)
        shapes = [(fan_in, widths[layer + 1]), (widths[layer + 1],)]
        if normalizes and layer < 2:
            shapes += [(widths[layer + 1],)] * 2
        for shape in shapes:
            count = torch.Size(shape).numel()
            parts.append(sequence(count, salt).reshape(shape).requires_grad_())
            salt += 1
    x, rest = inputs, list(parts)
    for layer in range(3):
        x = x @ rest.pop(0) + rest.pop(0)
        if layer < 2:
            if normalizes:
                x = F.layer_norm(x, x.shape[1:], rest.pop(0), rest.pop(0))
            x = activation(x)
    (x * sequence(rows * 3, 40).reshape(rows, 3)).sum().backward()
    show(f"{name}Outputs", x)
    show(f"{name}Gradient", torch.cat([p.grad.reshape(-1) for p in parts]))


def optimizer(name, make):
    """Six steps on twenty parameters, the gradient's norm clipped to 1.5."""
    parameters = nn.Parameter(sequence(20, 1))
    rule = make([parameters])
    for step in range(6):
        parameters.grad = sequence(20, 10 + step) * (step + 1) / 4
        nn.utils.clip_grad_norm_([parameters], 1.5)
        rule.step()
    show(name, parameters)


def regression(name, loss):
    predictions = (sequence(10, 1) * 3).requires_grad_()
    value = (loss(predictions, sequence(10, 2), reduction="none") * (sequence(10, 3) + 1)).mean()
    value.backward()
    show(f"{name}Loss", value)
    show(f"{name}Gradient", predictions.grad)


def scores():
    """Three rows of V and of components with 3 and 20 members; of the mask every fifth member is off."""
    rows, components = 3, [3, 20]
    outputs = sequence(rows * 24, 5).reshape(rows, 24).requires_grad_()
    mask = torch.tensor([i % 5 != 1 for i in range(rows * 23)]).reshape(rows, 23)
    choices = torch.tensor([[0, 7], [1, 12], [2, 4]])
    weights = torch.tensor([1.0, 0.5, 2.0])
    for label, mask in (("", torch.ones_like(mask)), ("Masked", mask)):
        value, start, probabilities, likelihood, margin, best = outputs[:, 0], 1, [], 0, 0, []
        for k, n in enumerate(components):
            allowed = mask[:, start - 1:start - 1 + n]
            part = outputs[:, start:start + n]
            mean = (part * allowed).sum(1) / allowed.sum(1)
            chosen = part.gather(1, choices[:, k:k + 1])[:, 0]
            value = value + (chosen - mean) / len(components)
            part = part.masked_fill(~allowed, -torch.inf)
            best.append(part.argmax(1))
            probabilities.append(part.softmax(1))
            likelihood = likelihood - part.log_softmax(1).gather(1, choices[:, k:k + 1])[:, 0]
            raised = part + 0.8 * (1 - F.one_hot(choices[:, k], n))
            margin = margin + (raised.amax(1) - chosen) / len(components)
            start += n
        show(f"values{label}", value)
        show(f"best{label}", torch.stack(best, 1).double())
        show(f"probabilities{label}", torch.cat(probabilities, 1))
        for name, loss in (("value", (value * torch.tensor([1.0, -2.0, 0.5])).sum()),
                           ("crossEntropy", (likelihood * weights).mean()),
                           ("margin", (margin * weights).mean())):
            outputs.grad = None
            loss.backward(retain_graph=True)
            show(f"{name}Gradient{label}", outputs.grad)
            if name != "value":
                show(f"{name}Loss{label}", loss)


if __name__ == "__main__":
    print("// Made by Tests/Goldens/networks.py.\n\nenum References {")
    network("relu", torch.relu, False)
    network("tanh", torch.tanh, False)
    network("reluNormalized", torch.relu, True)
    optimizer("adam", lambda p: torch.optim.Adam(p, 0.05))
    optimizer("rmsprop", lambda p: torch.optim.RMSprop(p, 0.05, alpha=0.9))
    optimizer("sgd", lambda p: torch.optim.SGD(p, 0.05))
    optimizer("momentum", lambda p: torch.optim.SGD(p, 0.05, momentum=0.9))
    regression("huber", lambda p, t, reduction: F.huber_loss(p, t, delta=1.5, reduction=reduction))
    regression("squaredError", F.mse_loss)
    scores()
    print("}")
