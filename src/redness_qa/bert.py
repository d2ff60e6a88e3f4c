"""The graph of a BERT encoder in ONNX, with its weights kept in one of several precisions; the only user of onnx."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from redness_qa.compiled import IDS, MASK, POSITIONS, STATES

OPSET = 20
"""Version of the ONNX operators; onnxruntime's own are of version 1."""

BLOCK = 64
"""Weights that share one scale where they are kept as whole numbers in blocks."""

SMOOTHING = 0.8
"""How much of the unevenness of states is moved into the weights, after Xiao et al., SmoothQuant, 2022,
arXiv:2211.10438; chosen on 500 training questions (least cosine 0.975, 0.992, 0.993, 0.978 with 0.5, 0.65, 0.8, 1)."""

_OWN = "com.microsoft"  # operators that onnxruntime adds: whole attention, and products of whole numbers
_IR_VERSION = 9
_HIGHEST = 127  # of a whole number in eight bits, the sign aside
_LEAST_SHARE = 0.01  # of the median maximum; an input that was hardly seen to move may yet move

Array = NDArray[np.float32]


class Precision(Enum):
    """How the weights of the linear layers and the embeddings are kept."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    INT8_SMOOTH = "int8-smooth"
    INT8 = "int8"
    INT8_DYNAMIC = "int8-dynamic"
    INT8_CHANNEL = "int8-dynamic-per-channel"

    @property
    def together(self) -> bool:
        """Whether texts may be read in one step; not where all states of a step share a scale.

        There, what is made of a text would depend on what is read beside it.
        """
        return self not in (Precision.INT8_SMOOTH, Precision.INT8_DYNAMIC, Precision.INT8_CHANNEL)


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


def bert_graph(
    weights: Mapping[str, Array], shape: Shape, precision: Precision, *, maxima: Mapping[str, Array] | None = None
) -> bytes:
    """Write the graph that makes token states of token ids.

    Args:
        weights: The weights by the names that transformers gives them.
        shape: What they do not tell.
        precision: How to keep them.
        maxima: The absolute maximum of each input of each linear layer, shape (inputs,), by the layer's name;
            `Precision.INT8_SMOOTH` needs it.

    Returns:
        An ONNX model with the inputs `ids`, `positions` and `mask` and the output `states`, as bytes.

    Raises:
        ValueError: The maxima are missing.
    """
    if precision is Precision.INT8_SMOOTH and maxima is None:
        raise ValueError(f"{precision.value} needs the absolute maxima of what linear layers take")
    graph = _Graph(weights, precision, maxima or {})
    graph.table("embeddings.word_embeddings.weight", IDS, "words")
    positions = weights["embeddings.position_embeddings.weight"]
    # Every token is of the first kind, as a text stands alone.
    graph.keep("positions.table", positions + weights["embeddings.token_type_embeddings.weight"][0])
    graph.add("Gather", ["positions.table", POSITIONS], "places")
    state = graph.normalised_sum("words", "places", "embeddings.LayerNorm", shape.epsilon)
    for number in range(shape.layers):
        state = _layer(graph, f"encoder.layer.{number}", state, shape)
    graph.add("Identity", [state], STATES)
    return graph.to_bytes(dim=positions.shape[1])


def _layer(graph: _Graph, name: str, state: str, shape: Shape) -> str:
    """Add one layer: attention, then two linear layers, each summed with what went in."""
    own = f"{name}.attention.self"
    parts = [f"{own}.{part}" for part in ("query", "key", "value")]
    graph.linear(state, parts, f"{own}.all")
    split = [f"{part}.out" for part in parts]
    graph.add("Split", [f"{own}.all"], *split, axis=-1, num_outputs=3)
    attended = graph.add("MultiHeadAttention", [*split, "", MASK], f"{own}.out", domain=_OWN, num_heads=shape.heads)
    output = f"{name}.attention.output"
    middle = graph.normalised_sum(
        graph.linear(attended, [f"{output}.dense"], f"{output}.dense.out"), state, f"{output}.LayerNorm", shape.epsilon
    )
    up, down = f"{name}.intermediate.dense", f"{name}.output.dense"
    active = graph.add("Gelu", [graph.linear(middle, [up], f"{up}.out")], f"{up}.gelu")
    return graph.normalised_sum(
        graph.linear(active, [down], f"{down}.out", varies=True), middle, f"{name}.output.LayerNorm", shape.epsilon
    )


class _Graph:
    """Gathers the nodes and the kept weights of a graph."""

    def __init__(self, weights: Mapping[str, Array], precision: Precision, maxima: Mapping[str, Array]) -> None:
        self._weights = weights
        self._precision = precision
        self._maxima = maxima
        self._nodes: list[onnx.NodeProto] = []
        self._kept: list[onnx.TensorProto] = []
        self._linear: Callable[[str, str, Array, str, str], str] = {
            Precision.FLOAT32: self._multiplied,
            Precision.FLOAT16: self._multiplied,
            Precision.BFLOAT16: self._multiplied,
            Precision.INT8_SMOOTH: self._smoothed,
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

    def table(self, name: str, ids: str, output: str) -> str:
        """Look up the rows of a table of weights."""
        values = self._weights[name]
        if self._precision in (Precision.FLOAT32, Precision.FLOAT16, Precision.BFLOAT16):
            return self._as_float32(self.add("Gather", [self._keep_floats(name, values), ids], f"{name}.rows"), output)
        scale = _scale(values)
        self.keep(name, np.round(values / scale).astype(np.int8))
        self.keep(f"{name}.scale", scale)
        rows = self._as_float32(self.add("Gather", [name, ids], f"{name}.rows"), f"{name}.float")
        return self.add("Mul", [rows, self.add("Gather", [f"{name}.scale", ids], f"{name}.scales")], output)

    def linear(self, state: str, names: Sequence[str], output: str, *, varies: bool = False) -> str:
        """Add linear layers that take the same states, side by side.

        Args:
            state: What they take.
            names: Their names.
            output: Name of what they give, one beside the other.
            varies: What they take differs so much from token to token that no scale fits all of a text.
        """
        weight = np.concatenate([self._weights[f"{name}.weight"] for name in names])
        bias = self.keep(f"{names[0]}.bias", np.concatenate([self._weights[f"{name}.bias"] for name in names]))
        add = self._in_blocks if varies and self._precision is Precision.INT8_SMOOTH else self._linear
        return add(state, names[0], weight, bias, output)

    def normalised_sum(self, one: str, other: str, name: str, epsilon: float) -> str:
        """Add a sum and the layer that normalises it."""
        norm = [self.keep(f"{name}.{part}", self._weights[f"{name}.{part}"]) for part in ("weight", "bias")]
        total = self.add("Add", [one, other], f"{name}.sum")
        return self.add("LayerNormalization", [total, *norm], f"{name}.out", axis=-1, epsilon=epsilon)

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

    def _multiplied(self, state: str, name: str, weight: Array, bias: str, output: str) -> str:
        kept = self._keep_floats(f"{name}.weight", weight.T)
        if self._precision is not Precision.FLOAT32:
            kept = self._as_float32(kept, f"{name}.float")
        return self.add("Add", [self.add("MatMul", [state, kept], f"{name}.product"), bias], output)

    def _in_blocks(self, state: str, name: str, weight: Array, bias: str, output: str) -> str:
        """Multiply by whole numbers with a scale for each block of inputs; states are rounded block by block too."""
        outputs, inputs = weight.shape
        padded = np.pad(weight, ((0, 0), (0, -inputs % BLOCK)))
        blocks = padded.reshape(outputs, -1, BLOCK)
        scale = _scale(blocks)
        # Kept without a sign: 128 stands for zero.
        self.keep(f"{name}.weight", (np.round(blocks / scale) + 128).astype(np.uint8))
        self.keep(f"{name}.scale", scale[..., 0])
        product = self.add(
            "MatMulNBits",
            [state, f"{name}.weight", f"{name}.scale"],
            f"{name}.product",
            domain=_OWN,
            K=inputs,
            N=outputs,
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,
        )
        return self.add("Add", [product, bias], output)

    def _smoothed(self, state: str, name: str, weight: Array, bias: str, output: str) -> str:
        """Divide each input by a smoothing factor, so that one scale fits all, and multiply its weights by it."""
        factor = _floored(self._maxima[name]) ** SMOOTHING / _floored(np.abs(weight).max(axis=0)) ** (1 - SMOOTHING)
        factor /= np.exp(np.log(factor).mean())
        self.keep(f"{name}.smoothing", (1 / factor).astype(np.float32))
        smooth = self.add("Mul", [state, f"{name}.smoothing"], f"{name}.smooth")
        return self._dynamic(smooth, name, (weight * factor).astype(np.float32), bias, output)

    def _dynamic(self, state: str, name: str, weight: Array, bias: str, output: str) -> str:
        """Multiply by whole numbers with one scale, or one for each output; states have one scale for the batch."""
        scale = _scale(weight.reshape(1, -1) if self._precision is Precision.INT8_DYNAMIC else weight)
        self.keep(f"{name}.weight", np.round(weight / scale).astype(np.int8).T)
        self.keep(f"{name}.scale", scale[:, 0])
        inputs = [state, f"{name}.weight", f"{name}.scale", "", bias]
        return self.add("DynamicQuantizeMatMul", inputs, output, domain=_OWN)

    def _keep_floats(self, name: str, values: Array) -> str:
        if self._precision is Precision.BFLOAT16:
            self._kept.append(
                helper.make_tensor(name, onnx.TensorProto.BFLOAT16, values.shape, _bfloat16(values), raw=True)
            )
            return name
        return self.keep(name, values.astype(np.float16 if self._precision is Precision.FLOAT16 else np.float32))

    def _as_float32(self, name: str, output: str) -> str:
        return self.add("Cast", [name], output, to=onnx.TensorProto.FLOAT)


def _floored(maxima: Array) -> Array:
    """Raise what lies far below the median of absolute maxima to a share of it; nothing is nought."""
    return np.maximum(maxima, max(_LEAST_SHARE * float(np.median(maxima)), float(np.finfo(np.float32).tiny)))


def _scale(values: Array) -> Array:
    """Tell what a whole step stands for in each row, so that its largest number is the highest one kept."""
    scale = np.abs(values).max(axis=-1, keepdims=True) / _HIGHEST
    return np.where(scale == 0, 1, scale).astype(np.float32)


def _bfloat16(values: Array) -> bytes:
    """Round to the upper half of each float32, to even where it is in the middle."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return (((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")).tobytes()
