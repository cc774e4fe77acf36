"""What the process that reads strangers' files gives up before it loads any library."""

from __future__ import annotations

import mimetypes
import resource
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from geogrid.sandbox.kernel import die_with, leave_networks, no_new_privileges, wait_for_others
from geogrid.sandbox.landlock import see_only
from geogrid.sandbox.seccomp import give_up_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1 << 20
MOST_FILES = 256
"""Open at once."""
PACKAGE = Path(__file__).resolve().parent.parent
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/urandom", "/dev/random", "/dev/zero", "/sys/devices/system/cpu")
NETWORK = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.kill", "urllib.")
"""Beginnings of what Python itself announces before it does it."""


class Limits(NamedTuple):
    """What a reading process may use: seconds on the clock and of computing, MiB of memory and of any file it writes."""

    seconds: float = 120.0
    mib: int = 2048


class Confined(NamedTuple):
    """What is in force: each a word for people who look after the machine, "" where the kernel does not offer it.

    ``network``: "namespace" (there is none), "calls" (no socket can be made), or "python" (Python makes none: what a library
    written in C would do is not held). ``files``: "landlock" (only the given ones are seen). ``calls``: "seccomp".
    """

    network: str = ""
    files: str = ""
    calls: str = ""

    @property
    def is_whole(self) -> bool:
        """Return whether the kernel itself holds network, files and processes."""
        return bool(self.files and self.calls)


class PythonHeldError(OSError):
    """Something that the process gave up."""


def confine(limits: Limits, *, given: Path, out: Path, parent: int) -> Confined:
    """Give up everything but reading ``given`` and writing into ``out``, for good.

    Parameters
    ----------
    limits : Limits
    given, out : Path
        Folders.
    parent : int
        Process with which this one ends.
    """
    wait_for_others()
    _limit(limits)
    alone = leave_networks()
    die_with(parent)  # after leaving: the kernel forgets it when a process changes who it is
    no_new_privileges()
    seen = see_only(read=[*programs(), given], write=[out])
    held = give_up_calls()
    sys.addaudithook(_refuse)
    return Confined(
        "namespace" if alone else "calls" if held else "python", "landlock" if seen else "", "seccomp" if held else ""
    )


def programs() -> Iterator[Path]:
    """Return where Python, its libraries and this program lie, and what they read of the system.

    A folder that only holds the package is left out: what else lies there is nobody's business.
    """
    root = PACKAGE.parent
    paths = {Path(each).resolve() for each in (*sys.path, *sysconfig.get_paths().values()) if each}
    libraries = {path for path in paths if path != root or path.name in ("site-packages", "dist-packages")}
    yield from (PACKAGE, *libraries, *map(Path, (*SYSTEM, *DEVICES, *mimetypes.knownfiles)))


def _limit(limits: Limits) -> None:
    most = {
        resource.RLIMIT_AS: limits.mib * MIB,
        resource.RLIMIT_FSIZE: limits.mib * MIB,
        resource.RLIMIT_CPU: int(limits.seconds) + 1,
        resource.RLIMIT_NOFILE: MOST_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in most.items():
        hard = resource.getrlimit(kind)[1]
        lowered = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (lowered, lowered))


def _refuse(event: str, _arguments: object) -> None:
    if event.startswith(NETWORK):
        raise PythonHeldError(event)
