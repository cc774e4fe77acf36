"""Whether a job's process lives: it holds a lock that the system takes away when it ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from geogrid.replacing import PRIVATE_FILE, private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALIVE = "alive"


def hold(folder: Path) -> int | None:
    """Take the lock of a job's folder, made where it is not; None where a process holds it.

    Returns
    -------
    int or None
        A file descriptor: the lock is held as long as it is open, here or in a process that was handed it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as name:
    ...     first, second = hold(Path(name)), hold(Path(name))
    ...     os.close(first)
    >>> second is None
    True
    """
    handle = os.open(private_folder(folder) / ALIVE, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


@contextmanager
def held(folder: Path) -> Iterator[int | None]:
    """Hold a job's lock for a moment; yields None where a process holds it."""
    handle = hold(folder)
    try:
        yield handle
    finally:
        if handle is not None:
            os.close(handle)
