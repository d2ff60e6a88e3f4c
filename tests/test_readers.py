from __future__ import annotations

from pathlib import Path

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import redness_qa.readers
from redness_qa.assistant import Assistant
from redness_qa.encoder import GUIDE_MODEL, SIGNS_MODEL
from redness_qa.readers import models_of
from redness_qa.settings import default_index
from redness_qa.testing import WordEncoder


@pytest.mark.parametrize(("max_waiting", "is_for_one"), [(None, True), (None, False), (8, False)])
def test_every_model_that_answering_loads_is_named_so_that_it_can_be_compiled(
    monkeypatch: pytest.MonkeyPatch, max_waiting: int | None, is_for_one: bool
) -> None:
    """Of the guide as it is shipped: an image without PyTorch holds those that are named, and no other can be made."""
    loaded: list[str] = []

    def load(name: str, *, weights_sha256: str, folder: Path | None, for_one: bool, for_many: bool) -> WordEncoder:
        assert for_one is is_for_one  # threads that wait in a loop are for one asker alone
        assert for_many is (max_waiting is not None)
        loaded.append(name)
        found = WordEncoder(dim=384)
        found.weights_sha256 = weights_sha256
        return found

    monkeypatch.setattr(redness_qa.readers, "load_encoder", load)
    with threadpool_limits(limits=None):  # gives back, at its end, the threads that it found
        index = Assistant.load(default_index(), max_waiting=max_waiting, for_one=is_for_one).index
        assert is_for_one is False or {pool["num_threads"] for pool in threadpool_info()} == {1}

    assert tuple(loaded) == models_of(index) == (GUIDE_MODEL, SIGNS_MODEL)


def test_what_is_for_one_asker_lets_nobody_wait() -> None:
    with pytest.raises(ValueError, match=r"give max_waiting \(8\) or for_one, not both"):
        Assistant.load(default_index(), max_waiting=8, for_one=True)
