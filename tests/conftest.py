"""What several test modules share: the small guide, its index on WordEncoder, and the real encoder, loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

import redness_qa.encoders
from browsers import opened
from redness_qa.build import build_index
from redness_qa.encoder import SentenceEncoder
from redness_qa.errors import EncoderError
from redness_qa.index import Index
from redness_qa.testing import WordEncoder

if TYPE_CHECKING:
    from test_chat import FakeAssistant

settings.register_profile("no deadline", deadline=None)  # other work on the machine must not fail a property
settings.load_profile("no deadline")


@pytest.fixture(scope="session", autouse=True)
def nothing_compiled() -> Iterator[None]:
    """Find no compiled model, and compile none by the way: that takes half a minute."""

    def refuse(name: str, folder: Path) -> NoReturn:
        raise EncoderError(f"{name} is not compiled into {folder} in tests")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redness_qa.encoders, "default_compiled", lambda: Path("nothing", "compiled"))
        patch.setattr(redness_qa.encoders, "_compile", refuse)
        yield


@pytest.fixture(scope="session")
def guide_folder() -> Path:
    """A guide of three files with all that a guide can have; not to be written to."""
    return Path(__file__).parent / "data" / "guide"


@pytest.fixture(scope="session")
def guide_index_folder(guide_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the small guide, built with `WordEncoder()`; not to be written to."""
    folder = tmp_path_factory.mktemp("guide") / "index"
    build_index(guide_folder, folder, encoder=WordEncoder())
    return folder


@pytest.fixture(scope="session")
def guide_index(guide_index_folder: Path) -> Index:
    return Index.load(guide_index_folder)


@pytest.fixture(scope="session")
def sentence_encoder() -> SentenceEncoder:
    """The real encoder; tests that use it bear the marker `model`."""
    return SentenceEncoder.load()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, which finds this machine and no other."""
    with opened("127.0.0.1") as found:
        yield found


@pytest.fixture(scope="module")
def assistant() -> FakeAssistant:
    """What answers on the page of `url`."""
    from test_chat import FakeAssistant  # Gradio is loaded for the tests of the page only

    return FakeAssistant()


@pytest.fixture(scope="module")
def url(assistant: FakeAssistant) -> Iterator[str]:
    """The address of a chat page."""
    from test_chat import gradio_cleared_away, launch_fake

    with gradio_cleared_away(), launch_fake(assistant) as chat:
        yield chat.url


@pytest.fixture(scope="module")
def on_one_thread() -> Iterator[None]:
    """So few texts gain nothing by a second thread, and threads that wait for a busy processor lose minutes."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
