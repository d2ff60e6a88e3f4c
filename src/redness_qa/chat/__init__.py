"""The chat page, on Gradio, which is confined here."""

from redness_qa.chat.look import mount_options
from redness_qa.chat.page import build_page
from redness_qa.chat.turn import FEEDBACK, Turn, take_turn

__all__ = [
    "FEEDBACK",
    "Turn",
    "build_page",
    "mount_options",
    "take_turn",
]
