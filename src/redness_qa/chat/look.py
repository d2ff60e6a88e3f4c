"""What the page looks like: theme, style, script and the favicon, as whoever serves the page needs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redness_qa.wording import Wording

if TYPE_CHECKING:
    import gradio as gr


def mount_options(wording: Wording) -> dict[str, Any]:
    """Give what `launch` and `gr.mount_gradio_app` must be told alike: the look, and nothing kept, uploaded or shown.

    Args:
        wording: The page's sentences.
    """
    # Gradio compresses its scripts but not the page, which is a seventh of the first load.
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware

    return {
        "show_error": False,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "mcp_server": False,
        "pwa": False,
        "ssr_mode": False,
        "max_file_size": 1,
        "app_kwargs": {"openapi_url": None, "middleware": [Middleware(GZipMiddleware)]},
        "favicon_path": str(_asset_path("favicon.svg")),
        "theme": _theme(),
        "head": _head(wording),
    }


def _head(wording: Wording) -> str:
    """Put style and script into the page's head; Gradio's `css` would narrow rules inside `@media` to its own frame."""
    names = {"you": "you", "answer": "answer", "conversation": "conversation_label", "waiting": "waiting"}
    words = {"language": wording.language} | {name: wording.page[key] for name, key in names.items()}
    # "<" is escaped, so that no sentence can end the script.
    data = json.dumps(words).replace("<", "\\u003c")
    return (
        f"<style>{_asset('chat.css')}</style>\n"
        f"<script>window.rednessQA = {data};</script>\n<script>{_asset('chat.js')}</script>"
    )


def _asset(name: str) -> str:
    return _asset_path(name).read_text(encoding="utf-8")


def _asset_path(name: str) -> Path:
    return Path(__file__).parent / "assets" / name


def _theme() -> gr.themes.Base:
    """Fonts of the reader's own machine, and our colours (light, dark) in place of the stock orange."""
    import gradio as gr

    theme = gr.themes.Default(
        primary_hue="cyan",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    colours: dict[str, str] = {}
    for name, (light, dark) in json.loads(_asset("colours.json")).items():
        colours |= {name: light, f"{name}_dark": dark}
    return theme.set(**colours, button_border_width="1px", block_shadow="none", block_shadow_dark="none")
