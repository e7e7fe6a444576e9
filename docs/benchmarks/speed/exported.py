"""A policy of lamd's as an ONNX graph, so that a peer answers with the same network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from lamd import safetensors

# Beyond this a normalised number is cut off, as lamd does it.
LIMIT = 10.0


def export(policy: bytes, path: Path) -> None:
    """Writes the graph from `observation` [n, numbers] to `action` [n], the best-scored one."""
    tensors = safetensors.load(policy)
    variance = tensors["observation.squares"] / tensors["observation.count"]
    constants = {
        "mean": tensors["observation.mean"].astype(np.float32),
        "scale": (1 / np.sqrt(variance + 1e-8)).astype(np.float32),
        "low": np.float32(-LIMIT),
        "high": np.float32(LIMIT),
    }
    nodes = [
        helper.make_node("Sub", ["observation", "mean"], ["centred"]),
        helper.make_node("Mul", ["centred", "scale"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "low", "high"], ["hidden0"]),
    ]
    layers = sum(name.endswith(".weight") for name in tensors)
    for layer in range(layers):
        weight, bias = tensors[f"layers.{layer}.weight"], tensors[f"layers.{layer}.bias"]
        last = layer == layers - 1
        if last:
            # Its first row of numbers is the state's value, which does not choose.
            weight, bias = weight[:, 1:], bias[1:]
        constants |= {f"weight{layer}": np.ascontiguousarray(weight), f"bias{layer}": np.ascontiguousarray(bias)}
        output = "scores" if last else f"sums{layer}"
        nodes.append(helper.make_node("Gemm", [f"hidden{layer}", f"weight{layer}", f"bias{layer}"], [output]))
        if not last:
            nodes.append(helper.make_node("Relu", [output], [f"hidden{layer + 1}"]))
    nodes.append(helper.make_node("ArgMax", ["scores"], ["action"], axis=1, keepdims=0))
    width = len(constants["mean"])
    graph = helper.make_graph(
        nodes,
        "policy",
        [helper.make_tensor_value_info("observation", TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info("action", TensorProto.INT64, ["n"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def actions(path: Path, observations: Any) -> Any:
    """What the graph does on observations."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"observation": observations})[0]
