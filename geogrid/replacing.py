"""Files that appear whole or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE = "private"
"""The part of a check's folder that holds household rows or exact small counts."""

PASSING = ".geogrid-passing-"
"""How folders begin that are gone when the work is done."""

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
"""Modes of what lies in it: its owner's alone."""


@contextmanager
def replacing(path: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """Yield a file beside ``path`` that takes its place, whole and on disk, when the block ends well.

    Parameters
    ----------
    path
        In an existing folder; what is there is replaced in one step, or left as it is when the block fails.
    mode
        Permissions of the file; until the block ends it is its owner's alone.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder, "a.txt")) as part:
    ...         _ = part.write_text("whole")
    ...     Path(folder, "a.txt").read_text()
    'whole'
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=path.suffix)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.chmod(mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, *, alone: bool = True) -> Iterator[None]:
    """Hold a folder against other processes: one that writes, or any number that read; where nothing can be locked, go on.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder)):
    ...     pass
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may look into, and return it."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    path.chmod(PRIVATE_FOLDER)
    return path


@contextmanager
def passing_folder(beside: Path) -> Iterator[Path]:
    """Yield a new folder in another, its owner's alone, that is gone afterwards; see `sweep` for where a process was killed.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with passing_folder(Path(folder)) as made:
    ...         made.is_dir()
    ...     made.exists()
    True
    False
    """
    sweep(beside)
    with tempfile.TemporaryDirectory(prefix=PASSING, dir=beside) as name, locked(Path(name)):
        yield Path(name)


def sweep(beside: Path) -> None:
    """Remove what is left of passing folders whose process was killed; those of living ones are locked."""
    with suppress(OSError):
        for left in [each for each in beside.iterdir() if each.name.startswith(PASSING)]:
            if left.is_dir() and not left.is_symlink() and any(left.iterdir()) and _is_free(left):
                shutil.rmtree(left, ignore_errors=True)


def _is_free(folder: Path) -> bool:
    """Return whether nobody holds a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or a file system without locks
        return False
    finally:
        os.close(handle)
    return True
