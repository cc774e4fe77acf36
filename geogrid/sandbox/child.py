"""The process that reads strangers' files: started afresh, it gives everything up, then loads the libraries and reads.

Its standard input says what to do (JSON from the process that started it, which is to be trusted); it answers with files in one
folder. What it prints is kept for nobody but for the kinds and places of errors: what a driver prints may hold anything.
"""

from __future__ import annotations

import errno
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.late import Later
from geogrid.sandbox.confine import Limits, confine

if TYPE_CHECKING:
    from geogrid.sandbox.work import read_into
else:
    read_into = Later("geogrid.sandbox.work", "read_into")

OUT_OF_MEMORY, BROKE_OFF = 3, 4
"""How the process ends when it may have no more memory, and when a library fails at what is in a file.

Any other failure is a fault of ours, whose traceback goes to its standard error.
"""


def main(asked: dict[str, Any]) -> int:
    """Give up what is not needed, read, and return how that ended."""
    given, out = Path(asked["given"]), Path(asked["out"])
    held = confine(Limits(**asked["limits"]), given=given, out=out, parent=asked["parent"])
    try:
        return 0 if read_into(out, given=given, asked=asked, confined=held) else BROKE_OFF
    except (MemoryError, ImportError, OSError) as error:
        if _is_room(error):
            return OUT_OF_MEMORY
        raise


def _is_room(error: Exception) -> bool:
    """Return whether there was no room: for what was read, for a library, or for what is handed over."""
    room = (errno.ENOMEM, errno.EFBIG)
    return isinstance(error, MemoryError) or getattr(error, "errno", None) in room or "failed to map segment" in str(error)


if __name__ == "__main__":
    sys.exit(main(json.load(sys.stdin)))
