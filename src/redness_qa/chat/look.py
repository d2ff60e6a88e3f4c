"""What the page looks like: theme, favicon and what stands around it, as whoever serves the page needs them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redness_qa.chat.framing import Framing
from redness_qa.days import ToldStage
from redness_qa.wording import Wording

if TYPE_CHECKING:
    import gradio as gr

_ASSETS = Path(__file__).parent / "assets"


def mount_options(wording: Wording, *, stages: Sequence[ToldStage] = ()) -> dict[str, Any]:
    """Give what `gradio.mount_gradio_app` is to be told about this page: its look, and what it must not do.

    Args:
        wording: The page's sentences.
        stages: What the guide says of each stretch of time after a treatment; without them "Day by day" is left out.
    """
    from starlette.middleware import Middleware

    return {
        "show_error": False,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "pwa": False,
        "ssr_mode": False,
        "max_file_size": 1,
        "app_kwargs": {
            "openapi_url": None,
            "middleware": [Middleware(Framing, wording=wording, stages=tuple(stages))],
        },
        "favicon_path": str(_ASSETS / "favicon.svg"),
        "theme": _theme(),
    }


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
    for name, (light, dark) in json.loads((_ASSETS / "colours.json").read_text(encoding="utf-8")).items():
        colours |= {name: light, f"{name}_dark": dark}
    return theme.set(**colours, button_border_width="1px", block_shadow="none", block_shadow_dark="none")
