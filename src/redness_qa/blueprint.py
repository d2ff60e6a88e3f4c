"""What the graph of a sentence-transformers model is written after: its shape, and what its layers take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from redness_qa.bert import Shape
from redness_qa.encoder import SentenceEncoder
from redness_qa.errors import NotCompilable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor


def shape_of(model: SentenceTransformer) -> Shape:
    """Tell the shape of a model, if it is one that the graph is written for.

    Raises:
        NotCompilable: It is not.
    """
    modules = [type(module).__name__ for module in model]
    if modules not in (["Transformer", "Pooling", "Normalize"], ["Transformer", "Pooling"]):
        raise NotCompilable(f"its parts are {', '.join(modules)}, not Transformer, Pooling and Normalize")
    config = cast("Any", model[0]).auto_model.config
    pooling = cast("Any", model[1])
    is_newer = hasattr(pooling, "pooling_mode")
    expected = {
        "model_type": (config.model_type, "bert"),
        "hidden_act": (config.hidden_act, "gelu"),
        "position_embedding_type": (getattr(config, "position_embedding_type", "absolute"), "absolute"),
        "is_decoder": (getattr(config, "is_decoder", False), False),
        "pooling": (pooling.pooling_mode if is_newer else pooling.get_pooling_mode_str(), "mean"),
        "prompts": ("".join(prompt or "" for prompt in model.prompts.values()), ""),
        "a fast tokenizer": (hasattr(model.tokenizer, "backend_tokenizer"), True),
    }
    for what, (found, needed) in expected.items():
        if found != needed:
            raise NotCompilable(f"its {what} is {found!r}, not {needed!r}")
    return Shape(
        layers=config.num_hidden_layers, heads=config.num_attention_heads, epsilon=float(config.layer_norm_eps)
    )


def maxima_of(original: SentenceEncoder, questions: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Tell the absolute maximum of each input of each linear layer, shape (inputs,), by the layer's name."""
    from torch import nn

    found: dict[str, NDArray[np.float32]] = {}

    def note(name: str, states: Tensor) -> None:
        largest = states.detach().abs().flatten(end_dim=-2).amax(dim=0).numpy()
        found[name] = np.maximum(found[name], largest) if name in found else largest

    layers = cast("Any", original.model[0]).auto_model
    hooks = [
        layer.register_forward_pre_hook(lambda _, taken, name=name: note(name, taken[0]))
        for name, layer in layers.named_modules()
        if isinstance(layer, nn.Linear)
    ]
    try:
        for question in questions:  # one by one, so that no padding counts
            original.read(question)
    finally:
        for hook in hooks:
            hook.remove()
    return found
