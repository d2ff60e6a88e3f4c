"""How many questions a minute: for each client, and for all together."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from redness_qa.addresses import subscriber

_ALL = "all"


class Rates:
    """Counts questions in sliding minutes; kept in memory by network of the client, forgotten after two minutes."""

    def __init__(self, *, a_client: int, overall: int) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._a_client = RateLimitItemPerMinute(a_client)
        self._overall = RateLimitItemPerMinute(overall)

    def wait_seconds(self, address: str) -> int:
        """Count a question of a client; 0 if it may be asked, else in how many seconds another try makes sense."""
        client = subscriber(address)
        # Asked first, so that a flood from many addresses adds none to what is kept in memory.
        if not self._limiter.test(self._overall, _ALL):
            return self._seconds_until_reset(self._overall, _ALL)
        if not self._limiter.hit(self._a_client, client):
            return self._seconds_until_reset(self._a_client, client)
        self._limiter.hit(self._overall, _ALL)
        return 0

    def _seconds_until_reset(self, item: RateLimitItemPerMinute, name: str) -> int:
        reset = self._limiter.get_window_stats(item, name).reset_time
        return min(60, max(1, math.ceil(reset - time.time())))
