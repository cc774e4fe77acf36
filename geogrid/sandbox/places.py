"""What a process of ours says when it fails, down to what may be kept: kinds of errors and places in programs, never a value."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO

MOST_HEARD = 64 << 10
"""Bytes from the end; what comes before may be a driver's chatter."""
MOST_PLACES = 60
FRAME = re.compile(r'  File "([^"\n]{1,500})", line ([0-9]{1,7}), in ([A-Za-z0-9_<>]{1,80})', re.ASCII)
KIND = re.compile(r"((?:[A-Za-z_]{1,60}\.){0,6}[A-Za-z_]{0,60}(?:Error|Exception|Interrupt|Exit))(?::|$)", re.ASCII)


def places_in(heard: IO[bytes]) -> tuple[str, ...]:
    r"""Return the frames and kinds of errors in what a process wrote; nothing else of it, for a message may hold a row.

    Examples
    --------
    >>> import io
    >>> places_in(io.BytesIO(b'Traceback:\n  File "/no/such.py", line 3, in read\n    name = "Li"\nValueError: Li\n'))
    ('ValueError',)
    """
    size = heard.seek(0, os.SEEK_END)
    heard.seek(max(0, size - MOST_HEARD))
    found = [_place(line) for line in heard.read(MOST_HEARD).decode("utf-8", "replace").splitlines()]
    return tuple(place for place in found if place)[-MOST_PLACES:]


def _place(line: str) -> str:
    """Return what may be kept of one line, or nothing."""
    if frame := FRAME.fullmatch(line):
        file, number, function = frame.groups()
        return f"  {file}:{number} {function}" if file.startswith("<frozen") or Path(file).is_file() else ""
    kind = KIND.match(line)
    return kind[1] if kind else ""
