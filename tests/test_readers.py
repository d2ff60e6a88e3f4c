from __future__ import annotations

from pathlib import Path

import pytest

import redness_qa.readers
from redness_qa.assistant import Assistant
from redness_qa.encoder import GUIDE_MODEL, SIGNS_MODEL
from redness_qa.readers import models_of
from redness_qa.settings import default_index
from redness_qa.testing import WordEncoder


@pytest.mark.parametrize(("max_waiting", "is_for_one"), [(None, True), (8, False)])
def test_every_model_that_answering_loads_is_named_so_that_it_can_be_compiled(
    monkeypatch: pytest.MonkeyPatch, max_waiting: int | None, is_for_one: bool
) -> None:
    """Of the guide as it is shipped: an image without PyTorch holds those that are named, and no other can be made."""
    loaded: list[str] = []

    def load(name: str, *, weights_sha256: str, folder: Path | None, for_one: bool = False) -> WordEncoder:
        assert for_one is is_for_one  # threads that wait in a loop are for one asker alone
        loaded.append(name)
        found = WordEncoder(dim=384)
        found.weights_sha256 = weights_sha256
        return found

    monkeypatch.setattr(redness_qa.readers, "load_encoder", load)
    index = Assistant.load(default_index(), max_waiting=max_waiting).index

    assert tuple(loaded) == models_of(index) == (GUIDE_MODEL, SIGNS_MODEL)
