"""Puts the parts together: an assistant behind the API and the page, on one application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redness_qa.days import ToldStage, told_stages
from redness_qa.records import Store
from redness_qa.settings import Settings
from redness_qa.threads import use_one_thread_each
from redness_qa.wording import Wording

if TYPE_CHECKING:
    from fastapi import FastAPI

    from redness_qa.api.counts import Counts
    from redness_qa.bounds import Answering


@dataclass(frozen=True, slots=True)
class Built:
    """An application that is ready to be served.

    Attributes:
        application: What a server runs.
        counts: What it counts.
    """

    application: FastAPI
    counts: Counts


def build(settings: Settings) -> Built:
    """Load the assistant that the settings name, and build the application around it.

    Raises:
        RednessQAError: The index, the model or a setting cannot be used.
    """
    from redness_qa.assistant import Assistant
    from redness_qa.chat import SUGGESTIONS
    from redness_qa.screening import load_languages

    load_languages()
    assistant = Assistant.load(
        settings.index,
        corpus=settings.corpus_of_index,
        contacts=settings.contacts,
        compiled=settings.compiled,
        remembered_answers=settings.remembered_answers,
        max_waiting=settings.max_waiting,
    )
    use_one_thread_each()
    return build_from(
        assistant,
        # They are asked to be chosen, so that no patient waits for the first answer, which takes longest.
        suggestions=assistant.suggestions(n=SUGGESTIONS),
        fingerprint=assistant.index.fingerprint,
        stages=told_stages(settings.corpus, assistant.index.passages),
        settings=settings,
    )


def build_from(
    assistant: Answering,
    *,
    suggestions: Sequence[str],
    fingerprint: str,
    settings: Settings,
    stages: Sequence[ToldStage] = (),
) -> Built:
    """Build the application around whatever answers.

    Args:
        assistant: What answers.
        suggestions: Questions that it answers.
        fingerprint: Of the index that answers come from.
        settings: What is open to whom, within which bounds, and whether questions are kept.
        stages: What the guide says of each stretch of time after a treatment; without them the page leaves them out.

    Raises:
        MissingExtra: MCP is on, and its library is not installed.
        StoreError: Questions are to be kept, and cannot be.
    """
    from redness_qa.api.application import create_application
    from redness_qa.api.asking import Watched
    from redness_qa.api.counts import Counts, Door, Feedback
    from redness_qa.api.embed_routes import build_embed_router
    from redness_qa.api.policy import Policy
    from redness_qa.api.routes import build_router
    from redness_qa.chat import build_page, mount_options
    from redness_qa.embed import Embed
    from redness_qa.serving.beside import beside
    from redness_qa.serving.quiet import quieten_page
    from redness_qa.serving.tool import add_tool

    wording = Wording.load(contacts=settings.contacts)
    counts = Counts()
    store = store_of(settings)
    router = build_router(
        Watched(assistant, door=Door.API, counts=counts, store=store),
        suggestions=suggestions,
        fingerprint=fingerprint,
        max_question_characters=settings.max_question_characters,
        counts=counts,
    )
    embed = Embed.build(contacts=settings.contacts, max_question_characters=settings.max_question_characters)
    embed_router = build_embed_router(embed, policy=Policy(settings.origins))
    quieten_page()
    page = build_page(
        Watched(assistant, door=Door.PAGE, counts=counts, store=store),
        suggestions=suggestions,
        wording=wording,
        settings=settings,
        on_feedback=lambda kind: counts.feedback(Feedback(kind)),
    )
    application = create_application(
        routers=[router, embed_router],
        settings=settings,
        counts=counts,
        lifespan=beside(store),
    )
    if settings.serves_mcp:
        add_tool(
            page,
            Watched(assistant, door=Door.MCP, counts=counts, store=store),
            wording=wording,
            max_question_characters=settings.max_question_characters,
        )
    import gradio as gr  # after the chat has told it to report nothing home

    options = mount_options(wording, stages=stages) | {"mcp_server": settings.serves_mcp}
    gr.mount_gradio_app(application, page, path="/", **options)
    return Built(application, counts)


def store_of(settings: Settings) -> Store | None:
    """Open the store that the settings name; None where nothing is kept."""
    if settings.store_days is None or settings.store_folder is None:
        return None
    return Store(settings.store_folder, days=settings.store_days)
