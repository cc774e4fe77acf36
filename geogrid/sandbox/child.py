"""The process that reads strangers' files: started afresh, it gives everything up, then loads the libraries and reads.

Its standard input says what to do (JSON from the process that started it, which is to be trusted); it answers with files in one
folder and says nothing else, for what a driver prints may hold anything.
"""

from __future__ import annotations

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

OUT_OF_MEMORY = 3
"""How the process ends when it may have no more memory."""


def main(asked: dict[str, Any]) -> int:
    """Give up what is not needed, read, and return how that ended."""
    given, out = Path(asked["given"]), Path(asked["out"])
    held = confine(Limits(**asked["limits"]), given=given, out=out, parent=asked["parent"])
    try:
        read_into(out, given=given, asked=asked, confined=held)
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(main(json.load(sys.stdin)))
