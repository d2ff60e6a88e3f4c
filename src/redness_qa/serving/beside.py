"""What runs beside the server from its start to its end: kept questions are deleted on time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from redness_qa.errors import StoreError
from redness_qa.serving.quiet import tell_kind

if TYPE_CHECKING:
    from fastapi import FastAPI

    from redness_qa.api.application import Lifespan
    from redness_qa.records import Store

_LOG = logging.getLogger(__name__)

SECONDS_BETWEEN_DELETIONS = 3600.0


def beside(store: Store | None) -> Lifespan:
    """Build the part that runs beside the server; without a store it only keeps faults quiet."""

    @asynccontextmanager
    async def run(application: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_exception_handler(tell_kind)
        if store is None:
            yield
            return
        deleting = asyncio.create_task(_delete_on_time(store))
        try:
            yield
        finally:
            deleting.cancel()
            with suppress(asyncio.CancelledError):
                await deleting

    return run


async def _delete_on_time(store: Store) -> None:
    """Delete what is too old, now and every hour; a fault is told and does not end it."""
    while True:
        try:
            await asyncio.to_thread(store.delete_expired)
        except StoreError as error:
            _LOG.error("Kept questions were not deleted on time: %s", error)
        await asyncio.sleep(SECONDS_BETWEEN_DELETIONS)
