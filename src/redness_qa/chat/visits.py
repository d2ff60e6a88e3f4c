"""The visits of the page of which Gradio's queue still has something to answer."""

from __future__ import annotations

from collections.abc import Container


class Visits(dict[str, set[str]]):
    """The events under way by visit, in place of the queue's own mapping, which keeps each visit for ever.

    Args:
        reached: Visits that can still be sent something; the queue itself forgets those that left.
        capacity: From this many visits on, when another one comes, those are forgotten that have no event under way or
            cannot be reached. More than can wait at once, so that nothing is looked for at every question.
    """

    def __init__(self, *, reached: Container[str], capacity: int) -> None:
        super().__init__()
        self._reached = reached
        self._capacity = capacity

    def __setitem__(self, visit: str, events: set[str]) -> None:
        if visit not in self and len(self) >= self._capacity:
            for over in [known for known, under_way in self.items() if not under_way or known not in self._reached]:
                del self[over]
        super().__setitem__(visit, events)
