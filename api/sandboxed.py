"""Uploaded files read in a process of its own, so many at once as the settings say, whoever asks for it."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from geogrid.replacing import PRIVATE_FILE
from geogrid.sandbox.confine import Limits
from geogrid.sandbox.reading import read_apart

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from api.settings import Settings
    from api.state import State
    from geogrid.profile import Profile
    from geogrid.results import ReadResult

FOLDER = "reading"
LOOK_EVERY_S = 0.1


def read_uploaded(
    state: State, settings: Settings, files: Mapping[str, Path], *, profile: Profile, units: Collection[str]
) -> Mapping[str, ReadResult]:
    """Return the tables in uploaded files, within the limits that the settings state; see `reading.read_apart`."""
    limits = Limits(settings.parse_seconds, settings.parse_mib)
    with _turn(state, settings.parses):
        return read_apart(files, profile=profile, beside=state.part(FOLDER), limits=limits, units=units).read


@contextmanager
def _turn(state: State, most: int) -> Iterator[None]:
    """Wait until one of so many turns is free, among all processes of the service; a turn ends with its process at the latest."""
    folder = state.part(FOLDER)
    while (handle := _free(folder, most)) is None:
        time.sleep(LOOK_EVERY_S)
    try:
        yield
    finally:
        os.close(handle)


def _free(folder: Path, most: int) -> int | None:
    for number in range(most):
        handle = os.open(folder / f"turn-{number}", os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
        else:
            return handle
    return None
