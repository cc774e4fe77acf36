"""Mixed load for half an hour, or as long as one likes, and what it does to memory: ``python -m tests.soak_load [MINUTES]``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.live import served
from tests.service import office
from tests.soaking import soak

MINUTES = 30.0


def main() -> None:
    """Load a service, and print what came of it."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    with tempfile.TemporaryDirectory() as name:
        made = office(Path(name))
        with served(workspace=made.path, requests_per_minute="10000000") as (address, process):
            found = soak(address, process.pid, made.keys, minutes * 60)
    told = f"public: {found.public}\nstaff:  {found.staff}\nfiles sent and taken back: {found.rounds}\n"
    middle, end = found.later_kib[0] / 1024, found.later_kib[-1] / 1024
    told += f"memory: {found.before_kib / 1024:.0f} MiB, {middle:.0f} in the middle, {end:.0f} at the end: x {found.growth:.3f}"
    print(told)  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()
