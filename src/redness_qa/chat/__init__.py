"""The chat page, on Gradio, which is confined here."""

from redness_qa.chat.look import mount_options
from redness_qa.chat.page import SUGGESTIONS, build_page, report_nothing_home
from redness_qa.chat.turn import FEEDBACK, Turn, take_turn

__all__ = [
    "FEEDBACK",
    "SUGGESTIONS",
    "Turn",
    "build_page",
    "mount_options",
    "report_nothing_home",
    "take_turn",
]
