"""The chat page, on Gradio, which is confined here."""

from redness_qa.chat.launching import RunningChat, launch, serve
from redness_qa.chat.look import mount_options
from redness_qa.chat.page import build_page
from redness_qa.chat.turn import Answering, Turn, take_turn

__all__ = ["Answering", "RunningChat", "Turn", "build_page", "launch", "mount_options", "serve", "take_turn"]
