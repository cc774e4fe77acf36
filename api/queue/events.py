"""A job's progress as server-sent events: one for each change, the last one when it has ended."""

from __future__ import annotations

import json
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

import anyio.to_thread

from api.queue.records import job_of
from api.queue.seeing import told_job
from geogrid.errors import GeogridError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.queue.records import Job
    from api.state import State
    from geogrid.words import Lang

POLL_S = 0.4
QUIET_S = 15.0
"""After so long without news a comment keeps the connection open."""
LONGEST_S = 120.0
"""A stream ends after so long; who listens comes again by itself and says what it has seen."""
RETRY_MS = 1000


async def events(state: State, job: Job, seen: int, *, lang: Lang, base_url: str) -> AsyncIterator[bytes]:
    """Yield the states of a job from one that was seen on: as they come, until it is over or the stream was open for long.

    Parameters
    ----------
    state : State
    job : Job
        As it is now.
    seen : int
        The revision that the listener knows (``Last-Event-ID``); 0 for none.
    lang, base_url
        For what is told of it.
    """
    begun = spoke = monotonic()
    yield f"retry: {RETRY_MS}\n\n".encode()
    while True:
        if job.revision > seen:
            seen, spoke = job.revision, monotonic()
            yield _event(job, lang, base_url)
        if job.is_over or monotonic() - begun > LONGEST_S:
            return
        if monotonic() - spoke > QUIET_S:
            spoke = monotonic()
            yield b": still there\n\n"
        await anyio.sleep(POLL_S)
        try:
            job = await anyio.to_thread.run_sync(partial(job_of, state, job.job_id))
        except GeogridError:  # cleared away meanwhile, or the file is busy: who listens comes again and is told
            return


def _event(job: Job, lang: Lang, base_url: str) -> bytes:
    name = "end" if job.is_over else "progress"
    content = json.dumps(told_job(job, lang, base_url), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"id: {job.revision}\nevent: {name}\ndata: {content}\n\n".encode()
