"""Serves the page in the background of a process."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from redness_qa.chat.look import mount_options
from redness_qa.chat.page import SUGGESTIONS, build_page
from redness_qa.errors import SettingsError
from redness_qa.settings import PORT_VARIABLE, Settings
from redness_qa.wording import Wording

if TYPE_CHECKING:
    import gradio as gr


class RunningChat:
    """A page that is being served; closes its server when used as a context manager.

    Attributes:
        url: Where the page is, with a slash at the end.
    """

    def __init__(self, page: gr.Blocks) -> None:
        self._page = page
        self.url: str = page.local_url or ""

    def wait(self) -> None:
        """Serve until the process is interrupted."""
        self._page.block_thread()

    def close(self) -> None:
        """Stop the server and free its port."""
        self._page.close(verbose=False)

    def __enter__(self) -> RunningChat:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def launch(page: gr.Blocks, *, wording: Wording, settings: Settings) -> RunningChat:
    """Serve a page in the background, without reports home, saved runs, uploads of size or public links.

    Raises:
        SettingsError: Nothing can listen on that host and port.
    """
    try:
        page.launch(
            server_name=settings.host,
            server_port=settings.port,
            share=False,
            inbrowser=False,
            prevent_thread_lock=True,
            quiet=True,
            **mount_options(wording),
        )
    except OSError as error:
        raise SettingsError(
            f"{PORT_VARIABLE}: cannot listen on {settings.host} port {settings.port}. "
            "Stop what uses that port, or give another one."
        ) from error
    return RunningChat(page)


def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Load the assistant and serve its page until the process is interrupted.

    Args:
        settings: Where the index is and where to listen.
        announce: Called once with the page's address when it is up.

    Raises:
        RednessQAError: The index, the model or a setting cannot be used.
    """
    from redness_qa.assistant import Assistant

    wording = Wording.load(contacts=settings.contacts)
    assistant = Assistant.load(settings.index, corpus=settings.corpus_of_index, contacts=settings.contacts)
    page = build_page(assistant, suggestions=assistant.suggestions(n=SUGGESTIONS), wording=wording, settings=settings)
    with launch(page, wording=wording, settings=settings) as running:
        announce(running.url)
        running.wait()
