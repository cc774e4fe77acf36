"""Strangers' files read apart: in a fresh process that is held by the kernel, and killed when it takes too long."""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pyogrio

from geogrid.errors import InputError
from geogrid.plain import as_json
from geogrid.replacing import passing_folder, private_folder
from geogrid.sandbox import handover
from geogrid.sandbox.child import BROKE_OFF, OUT_OF_MEMORY
from geogrid.sandbox.confine import PACKAGE, Confined, Limits
from geogrid.sandbox.drivers import skipped
from geogrid.sandbox.places import places_in
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path
    from typing import IO

    from geogrid.profile import Profile
    from geogrid.results import ReadResult

GIVEN, OUT = "given", "out"
LOOK_EVERY_S = 0.02
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_IO_THREADS")
SLOW = Text(
    "{names}：{seconds} 秒还没有读完，已停止；请简化图形，或拆成几个文件",
    "{names}: not read after {seconds} seconds, and stopped; simplify the shapes, or split the file",
)
LARGE = Text(
    "{names}：读取所需内存超过 {mib} MiB，已停止；请简化图形，或拆成几个文件",
    "{names}: reading takes more than {mib} MiB of memory, and was stopped; simplify the shapes, or split the file",
)
BROKE = Text(
    "{names}：读取时出错中断，文件可能已损坏；请用其他程序打开，另存为新文件再试",
    "{names}: reading it broke off, the file may be damaged; open it in another program, save it anew and try again",
)


class ParseError(InputError):
    """A file with which the reading process did not come to an end."""


class ReadingFaultError(RuntimeError):
    """A fault in the process that reads, ours or this machine's unless it is why a `ParseError` was; ``places`` is where."""

    def __init__(self, places: tuple[str, ...]) -> None:
        super().__init__("the process that reads files did not work")
        self.places = places


class Apart(NamedTuple):
    """What was read, and what held the process that read it."""

    read: Mapping[str, ReadResult]
    confined: Confined


def read_apart(
    files: Mapping[str, Path],
    *,
    profile: Profile,
    beside: Path,
    limits: Limits | None = None,
    units: Collection[str] = (),
    beat: Callable[[], None] | None = None,
) -> Apart:
    """Read files that nobody vouches for.

    Parameters
    ----------
    files : mapping of Path
        By table, a key of `bringing.READERS`; the ending of each says its format. In messages a file is called after its table.
    profile : Profile
        Names its services.
    beside : Path
        Folder on a local disk in which a passing one is made.
    limits : Limits, optional
    units : collection of str
        Units that there are besides those in the files, at which households may be placed.
    beat : callable, optional
        Called now and then while it reads; an exception from it ends the reading.

    Returns
    -------
    Apart
        Tables as `bringing.read_files` returns them.

    Raises
    ------
    InputError
        When a file cannot be used as a whole.
    ParseError
        When reading takes too long or too much memory, or breaks off.
    ReadingFaultError
        When the process fails before it reads, or when it hands over what it read.
    """
    limits = limits or Limits()
    asked = {"profile": as_json(profile), "units": sorted(units)}
    with passing_folder(beside.resolve()) as folder:  # the process has a working folder of its own
        given, out = (private_folder(folder / name) for name in (GIVEN, OUT))
        asked["files"] = {table: _lent(path, given, table) for table, path in files.items()}
        said = _answer(folder, asked, limits, beat)
        return Apart(handover.take(out, said, profile), Confined(*said.confined))


@cache
def protection(beside: Path) -> Confined:
    """Return what holds reading processes on this machine; found out once, with one that reads nothing."""
    with passing_folder(beside.resolve()) as folder:
        for name in (GIVEN, OUT):
            private_folder(folder / name)
        return Confined(*_answer(folder, {"files": {}}, Limits(), None).confined)


def _lent(path: Path, given: Path, table: str) -> str:
    """Put a file where the process may see it, under a name that says nothing but its table and format."""
    name = f"{table}{path.suffix.casefold()}"
    try:
        os.link(path, given / name)
    except OSError as error:
        raise InputError(handover.BROKEN.fill(name=name)) from error
    return name


def _answer(folder: Path, asked: Mapping[str, Any], limits: Limits, beat: Callable[[], None] | None) -> handover.Said:
    names = ", ".join(asked["files"].values())
    told = {**asked, "given": str(folder / GIVEN), "out": str(folder / OUT), "limits": limits._asdict(), "parent": os.getpid()}
    with tempfile.TemporaryFile(dir=folder) as heard:
        with _started(folder / OUT, told, heard) as process:
            ended = _wait(process, time.monotonic() + limits.seconds, beat)
        places = places_in(heard)
    if ended is None or ended == -signal.SIGXCPU:
        raise ParseError(SLOW.fill(names=names, seconds=f"{limits.seconds:g}"))
    if ended == OUT_OF_MEMORY:
        raise ParseError(LARGE.fill(names=names, mib=limits.mib))
    if ended == BROKE_OFF or ended < 0:
        raise ParseError(BROKE.fill(names=names)) from ReadingFaultError(places)
    if ended != 0:
        raise ReadingFaultError(places)
    said = handover.said_in(folder / OUT, names)
    if said.problem or set(said.tables) != set(asked["files"]):
        raise InputError(Text(*said.problem) if len(said.problem) == len(Text._fields) else BROKE.fill(names=names))
    return said


@contextmanager
def _started(out: Path, told: Mapping[str, Any], heard: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Start the process in a group of its own, tell it what to do, and leave nothing of it behind."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-s", "-B", "-m", "geogrid.sandbox.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=heard,
        cwd=out,
        env=_environment(out),
        process_group=0,
    )
    try:
        _tell(process, told)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tell(process: subprocess.Popen[bytes], told: Mapping[str, Any]) -> None:
    if process.stdin is None:
        return
    try:
        with process.stdin as stream:
            stream.write(json.dumps(told).encode())
    except BrokenPipeError:  # it ended before it listened, which its exit status says
        return


def _wait(process: subprocess.Popen[bytes], until: float, beat: Callable[[], None] | None) -> int | None:
    """Return the exit status, or None when time is up."""
    while (ended := process.poll()) is None and time.monotonic() < until:
        if beat is not None:
            beat()
        time.sleep(LOOK_EVERY_S)
    return ended


def _environment(out: Path) -> dict[str, str]:
    """Return all that the process is told by its environment: no secret of ours, and which drivers GDAL may load."""
    own = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    search = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")]), *own]
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PYTHONHOME") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(search),
        "LANG": "C.UTF-8",
        "HOME": str(out),
        "TMPDIR": str(out),
        "GDAL_SKIP": skipped(_drivers()),
        "GDAL_DRIVER_PATH": "disable",
        "PROJ_NETWORK": "OFF",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        **dict.fromkeys(ONE_THREAD, "1"),
    }


@cache
def _drivers() -> set[str]:
    return set(pyogrio.list_drivers())
