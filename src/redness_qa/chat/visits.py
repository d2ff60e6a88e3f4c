"""The visits of the page of which Gradio's queue still has something to answer."""

from __future__ import annotations


class Visits(dict[str, set[str]]):
    """The events under way by visit, in place of the queue's own mapping, which keeps each visit for ever.

    Args:
        capacity: From this many visits on, those with no event under way are forgotten when another one comes.
    """

    def __init__(self, *, capacity: int) -> None:
        super().__init__()
        self._capacity = capacity

    def __setitem__(self, visit: str, events: set[str]) -> None:
        if visit not in self and len(self) >= self._capacity:
            for idle in [known for known, under_way in self.items() if not under_way]:
                del self[idle]
        super().__setitem__(visit, events)
