"""The graph of a BERT encoder in ONNX, with its weights kept in one of several precisions; the only user of onnx."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from redness_qa.compiled import IDS, MASK, POSITIONS, STATES

OPSET = 18
"""Version of the ONNX operators; onnxruntime's own are of version 1."""

BLOCK = 64
"""Weights that share one scale where they are kept as whole numbers in blocks."""

_OWN = "com.microsoft"  # operators that onnxruntime adds: whole attention, and sums with what follows them
_IR_VERSION = 9
_HIGHEST = 127  # of a whole number in eight bits, the sign aside

Array = NDArray[np.float32]


class Precision(Enum):
    """How the weights of the linear layers and the embeddings are kept."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    INT8 = "int8"
    INT8_DYNAMIC = "int8-dynamic"
    INT8_CHANNEL = "int8-dynamic-per-channel"


@dataclass(frozen=True, slots=True)
class Shape:
    """What the weights do not tell of a BERT.

    Attributes:
        layers: Number of its layers.
        heads: Heads of the attention in each.
        epsilon: What is added to a variance before it divides.
    """

    layers: int
    heads: int
    epsilon: float


def bert_graph(weights: Mapping[str, Array], shape: Shape, precision: Precision) -> bytes:
    """Write the graph that makes token states of token ids.

    Args:
        weights: The weights by the names that transformers gives them.
        shape: What they do not tell.
        precision: How to keep them.

    Returns:
        An ONNX model with the inputs `ids`, `positions` and `mask` and the output `states`, as bytes.
    """
    graph = _Graph(weights, precision)
    graph.table("embeddings.word_embeddings.weight", IDS, "words")
    positions = weights["embeddings.position_embeddings.weight"]
    # Every token is of the first kind, as a text stands alone.
    graph.keep("positions.table", positions + weights["embeddings.token_type_embeddings.weight"][0])
    graph.add("Gather", ["positions.table", POSITIONS], "places")
    graph.add("Add", ["words", "places"], "embedded")
    norm = graph.kept("embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias")
    state = graph.add("LayerNormalization", ["embedded", *norm], "state", axis=-1, epsilon=shape.epsilon)
    for number in range(shape.layers):
        state = _layer(graph, f"encoder.layer.{number}", state, shape)
    graph.add("Identity", [state], STATES)
    return graph.to_bytes(dim=positions.shape[1])


def _layer(graph: _Graph, name: str, state: str, shape: Shape) -> str:
    """Add one layer: attention, then two linear layers, each summed with what went in."""
    weights, own = graph.weights, f"{name}.attention.self"
    parts = ("query", "key", "value")
    together = np.concatenate([weights[f"{own}.{part}.weight"] for part in parts])
    graph.keep(f"{own}.bias", np.concatenate([weights[f"{own}.{part}.bias"] for part in parts]))
    graph.linear(state, f"{own}.weight", together, f"{own}.all")
    split = [f"{own}.{part}" for part in parts]
    graph.add("Split", [f"{own}.all"], *split, axis=-1, num_outputs=3)
    attended = graph.add(
        "MultiHeadAttention", [*split, f"{own}.bias", MASK], f"{own}.out", domain=_OWN, num_heads=shape.heads
    )
    middle = _summed(graph, f"{name}.attention.output", attended, state, shape)
    up = f"{name}.intermediate.dense"
    graph.linear(middle, f"{up}.weight", weights[f"{up}.weight"], f"{up}.out")
    graph.add("BiasGelu", [f"{up}.out", *graph.kept(f"{up}.bias")], f"{up}.gelu", domain=_OWN)
    return _summed(graph, f"{name}.output", f"{up}.gelu", middle, shape)


def _summed(graph: _Graph, name: str, state: str, skipped: str, shape: Shape) -> str:
    """Add a linear layer, and normalise its sum with what it skipped."""
    weight = f"{name}.dense.weight"
    graph.linear(state, weight, graph.weights[weight], f"{name}.dense.out")
    kept = graph.kept(f"{name}.LayerNorm.weight", f"{name}.LayerNorm.bias", f"{name}.dense.bias")
    return graph.add(
        "SkipLayerNormalization",
        [f"{name}.dense.out", skipped, *kept],
        f"{name}.out",
        domain=_OWN,
        epsilon=shape.epsilon,
    )


class _Graph:
    """Gathers the nodes and the kept weights of a graph."""

    def __init__(self, weights: Mapping[str, Array], precision: Precision) -> None:
        self.weights = weights
        self._precision = precision
        self._nodes: list[onnx.NodeProto] = []
        self._kept: list[onnx.TensorProto] = []
        self._linear: Callable[[str, str, Array, str], str] = {
            Precision.FLOAT32: self._multiplied,
            Precision.FLOAT16: self._multiplied,
            Precision.BFLOAT16: self._multiplied,
            Precision.INT8: self._in_blocks,
            Precision.INT8_DYNAMIC: self._dynamic,
            Precision.INT8_CHANNEL: self._dynamic,
        }[precision]

    def add(self, operator: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: float) -> str:
        """Add a node, and give the name of its first output."""
        node = helper.make_node(operator, inputs, list(outputs), domain=domain)
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
        self._nodes.append(node)
        return outputs[0]

    def keep(self, name: str, values: NDArray[np.generic]) -> str:
        """Keep values in the graph under a name."""
        self._kept.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def kept(self, *names: str) -> list[str]:
        """Keep some of the weights as they are."""
        return [self.keep(name, self.weights[name]) for name in names]

    def table(self, name: str, ids: str, output: str) -> str:
        """Look up the rows of a table of weights."""
        values = self.weights[name]
        if self._precision in (Precision.FLOAT32, Precision.FLOAT16, Precision.BFLOAT16):
            return self._as_float32(self.add("Gather", [self._keep_floats(name, values), ids], f"{name}.rows"), output)
        scale = _scale(values)
        self.keep(name, np.round(values / scale).astype(np.int8))
        self.keep(f"{name}.scale", scale)
        rows = self._as_float32(self.add("Gather", [name, ids], f"{name}.rows"), f"{name}.float")
        return self.add("Mul", [rows, self.add("Gather", [f"{name}.scale", ids], f"{name}.scales")], output)

    def linear(self, state: str, name: str, weight: Array, output: str) -> str:
        """Multiply states by the weights of a linear layer, shape (outputs, inputs)."""
        return self._linear(state, name, weight, output)

    def to_bytes(self, *, dim: int) -> bytes:
        """Close the graph and write it out."""
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [
                value(IDS, onnx.TensorProto.INT64, ["texts", "tokens"]),
                value(POSITIONS, onnx.TensorProto.INT64, ["tokens"]),
                value(MASK, onnx.TensorProto.INT32, ["texts", "tokens"]),
            ],
            [value(STATES, onnx.TensorProto.FLOAT, ["texts", "tokens", dim])],
            self._kept,
        )
        operators = [helper.make_opsetid("", OPSET), helper.make_opsetid(_OWN, 1)]
        model = helper.make_model(graph, opset_imports=operators, ir_version=_IR_VERSION)
        return bytes(model.SerializeToString(deterministic=True))

    def _multiplied(self, state: str, name: str, weight: Array, output: str) -> str:
        kept = self._keep_floats(name, weight.T)
        if self._precision is not Precision.FLOAT32:
            kept = self._as_float32(kept, f"{name}.float")
        return self.add("MatMul", [state, kept], output)

    def _in_blocks(self, state: str, name: str, weight: Array, output: str) -> str:
        """Multiply by whole numbers with a scale for each block of inputs; states are rounded block by block too."""
        outputs, inputs = weight.shape
        padded = np.pad(weight, ((0, 0), (0, -inputs % BLOCK)))
        blocks = padded.reshape(outputs, -1, BLOCK)
        scale = _scale(blocks)
        # Kept without a sign: 128 stands for zero.
        self.keep(name, (np.round(blocks / scale) + 128).astype(np.uint8))
        self.keep(f"{name}.scale", scale[..., 0])
        return self.add(
            "MatMulNBits",
            [state, name, f"{name}.scale"],
            output,
            domain=_OWN,
            K=inputs,
            N=outputs,
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def _dynamic(self, state: str, name: str, weight: Array, output: str) -> str:
        """Multiply by whole numbers with one scale, or one for each output; states have one scale for the batch."""
        each = weight if self._precision is Precision.INT8_CHANNEL else weight.reshape(1, -1)
        scale = _scale(each)
        self.keep(name, np.round(weight / scale).astype(np.int8).T)
        self.keep(f"{name}.scale", scale[:, 0])
        rounded = [f"{name}.{part}" for part in ("rounded", "step", "zero")]
        self.add("DynamicQuantizeLinear", [state], *rounded)
        product = self.add("MatMulInteger", [rounded[0], name, rounded[2]], f"{name}.product")
        steps = self.add("Mul", [rounded[1], f"{name}.scale"], f"{name}.steps")
        return self.add("Mul", [self._as_float32(product, f"{name}.float"), steps], output)

    def _keep_floats(self, name: str, values: Array) -> str:
        if self._precision is Precision.BFLOAT16:
            self._kept.append(
                helper.make_tensor(name, onnx.TensorProto.BFLOAT16, values.shape, _bfloat16(values), raw=True)
            )
            return name
        return self.keep(name, values.astype(np.float16 if self._precision is Precision.FLOAT16 else np.float32))

    def _as_float32(self, name: str, output: str) -> str:
        return self.add("Cast", [name], output, to=onnx.TensorProto.FLOAT)


def _scale(values: Array) -> Array:
    """Tell what a whole step stands for in each row, so that its largest number is the highest one kept."""
    scale = np.abs(values).max(axis=-1, keepdims=True) / _HIGHEST
    return np.where(scale == 0, 1, scale).astype(np.float32)


def _bfloat16(values: Array) -> bytes:
    """Round to the upper half of each float32, to even where it is in the middle."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return (((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")).tobytes()
