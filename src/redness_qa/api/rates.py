"""How many questions a minute: for each client, and for all together."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from redness_qa.addresses import subscriber

_ALL = "all"


class Rates:
    """Counts questions in sliding minutes; kept in memory by network of the client, forgotten after two minutes.

    Within the event loop: outside it the library starts a thread for each question, to forget what is over.
    """

    def __init__(self, *, a_client: int, overall: int) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._a_client = RateLimitItemPerMinute(a_client)
        self._overall = RateLimitItemPerMinute(overall)

    async def wait_seconds(self, address: str) -> int:
        """Count a question of a client; 0 if it may be asked, else in how many seconds another try makes sense."""
        client = subscriber(address)
        # Asked first, so that a flood from many addresses adds none to what is kept in memory.
        if not await self._limiter.test(self._overall, _ALL):
            return await self._seconds_until_reset(self._overall, _ALL)
        if not await self._limiter.hit(self._a_client, client):
            return await self._seconds_until_reset(self._a_client, client)
        await self._limiter.hit(self._overall, _ALL)
        return 0

    async def _seconds_until_reset(self, item: RateLimitItemPerMinute, name: str) -> int:
        reset = (await self._limiter.get_window_stats(item, name)).reset_time
        return min(60, max(1, math.ceil(reset - time.time())))
