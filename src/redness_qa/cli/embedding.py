"""The command for web masters: the lines that put the questions on another web site."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from redness_qa.errors import SettingsError
from redness_qa.settings import Settings
from redness_qa.wording import LANGUAGES

app = typer.Typer()


class Site(str, Enum):
    """A kind of web site; the same names as `redness_qa.embed.SITES`."""

    HTML = "html"
    IFRAME = "iframe"
    WORDPRESS = "wordpress"
    WIX = "wix"
    REACT = "react"


@app.command()
def embed(
    url: Annotated[str, typer.Option(help="Where the server is reached from outside: https://faq.example.org")],
    site: Annotated[
        Site | None, typer.Option("--for", help="Kind of web site.", show_default="all of them, one after another")
    ] = None,
    language: Annotated[str, typer.Option(help=f"Language of the web site: {', '.join(LANGUAGES)}.")] = LANGUAGES[0],
) -> None:
    """Print the lines that put the questions on a web site; run it with the settings of the server."""
    from redness_qa.embed import Embed

    if language not in LANGUAGES:
        raise SettingsError(f"--language: there are no words in {language!r}. Give one of: {', '.join(LANGUAGES)}.")
    settings = Settings.from_environment()
    offered = Embed.build(contacts=settings.contacts, max_question_characters=settings.max_question_characters)
    for kind in [site] if site is not None else list(Site):
        print(offered.lines(kind.value, url=url, language=language))
