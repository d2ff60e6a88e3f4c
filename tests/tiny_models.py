"""A BERT of a few small layers with random weights, with the tokenizer of the bundled model, for tests of compiling."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from transformers import BertConfig, BertModel

from redness_qa.encoder import bundled_folder

DIM = 32
QUESTIONS = (
    "how long does redness last",
    "may i wear make-up",
    "Can I go swimming on the third day after the treatment, or is that too early?",
    "sun",
    "what about retinol and acids",
    "is pus normal",
)
PASSAGES = (
    "Redness fades within three days.",
    "Leave make-up off for a day.",
    "Do not swim for three days.",
    "Keep out of the sun.",
    "Leave out acids for a week.",
    "Call the clinic if you see pus.",
)


def save_tiny_model(
    folder: Path, *, seed: int = 0, pooling: str = "mean_tokens", hidden_act: str = "gelu", blocks: int = 2
) -> Path:
    """Save such a model as sentence-transformers reads it."""
    shutil.copytree(bundled_folder(), folder, ignore=shutil.ignore_patterns("*.safetensors", "*.md", "*.bin"))
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    settings |= {
        "hidden_size": DIM,
        "intermediate_size": 48,
        "num_hidden_layers": blocks,
        "num_attention_heads": 4,
        "initializer_range": 0.3,
        "hidden_act": hidden_act,
    }
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": DIM, f"pooling_mode_{pooling}": True}), encoding="utf-8"
    )
    torch.manual_seed(seed)
    BertModel(BertConfig(**settings)).save_pretrained(folder)
    return folder
