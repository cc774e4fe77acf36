"""Python code run where strangers' files are read: in a fresh process that has given everything up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from geogrid.plain import as_json
from geogrid.profile import load_profile
from geogrid.sandbox.confine import Limits
from geogrid.sandbox.reading import _environment

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = """
import json, sys
from pathlib import Path
from geogrid.sandbox.confine import Limits, confine
asked = json.load(sys.stdin)
STATUS = open("/proc/self/status", encoding="utf-8")  # before it is out of sight
def mib(name):
    STATUS.seek(0)
    return int(STATUS.read().partition(name + ":")[2].split()[0]) / 1024
GIVEN, OUT = Path(asked["given"]), Path(asked["out"])
held = confine(Limits(*asked["limits"]), given=GIVEN, out=OUT, parent=asked["parent"])
said = {"held": held._asdict()}
"""
AFTER = """
(OUT / "told.json").write_text(json.dumps(said), encoding="utf-8")
"""


def confined(code: str, given: Path, out: Path, *, limits: Limits | None = None) -> tuple[int, dict[str, Any]]:
    """Run code that puts what it finds into ``said``; return how it ended, and what it said."""
    told = {
        "profile": as_json(load_profile("generic")),
        "given": str(given),
        "out": str(out),
        "limits": list(limits or Limits()),
        "parent": os.getpid(),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-s", "-B", "-c", BEFORE + textwrap.dedent(code) + AFTER],
        input=json.dumps(told).encode(),
        env=_environment(out),
        cwd=out,
        timeout=120,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    file = out / "told.json"
    return done.returncode, json.loads(file.read_text("utf-8")) if file.exists() else {}


READ_ALL = """
    import time
    from geogrid.bringing import read_files
    from geogrid.errors import GeogridError
    from geogrid.profile import Profile

    profile = Profile.model_validate(asked["profile"])
    for file in sorted(GIVEN.iterdir()):
        table, start = file.name.partition("-")[0], time.perf_counter()
        had, most = mib("VmRSS"), mib("VmHWM")
        try:
            read = read_files({table: file}, profile=profile)[table]
            told = {"good": len(read.table), "codes": sorted(set(read.rejected["code"]))}
        except GeogridError as error:
            told = {"refused": error.message.en}
        grown = mib("VmHWM") - had if mib("VmHWM") > most else 0
        said[file.name] = {**told, "seconds": time.perf_counter() - start, "grown": grown}
"""
"""Reads every file in the folder by itself; a file is named after its table: households-anything.csv.

``grown`` is by how many MiB the memory of the process grew at most, or 0 where a file before took more. The kernel counts it for
a program from its start; what `resource.getrusage` tells begins with what the process that started it had: that of the tests.
"""
