"""Which files a process may see, by a kernel that has Landlock (Linux 5.13 and later); nobody needs to be root for it.

See landlock(7): rights that are handled are refused everywhere but where a rule gives them back.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import TYPE_CHECKING

from geogrid.sandbox.kernel import syscall

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = 1
PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_FILE, TRUNCATE = 1 << 7, 1 << 8, 1 << 14
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
READ = EXECUTE | READ_FILE | READ_DIR
WRITE = WRITE_FILE | READ_FILE | READ_DIR | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_FILE | TRUNCATE
HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights about files, by the version of the kernel's interface; later ones have no more of them."""
TCP_SINCE, SCOPE_SINCE = 4, 6
TCP, SCOPE = 0b11, 0b11
"""To bind and to connect; to reach sockets without a file, and to send signals, outside."""


def see_only(*, read: Iterable[Path], write: Iterable[Path]) -> int:
    """Give up every file but some, for good; it takes `kernel.no_new_privileges`.

    Parameters
    ----------
    read, write : iterable of Path
        Files and folders with all below them; those that do not exist are left out.

    Returns
    -------
    int
        The version of the kernel's interface; 0 where it has none, and nothing was given up.
    """
    version = max(syscall(CREATE_RULESET, 0, 0, ASK_VERSION), 0)
    if not version:
        return 0
    handled = HANDLED[min(version, max(HANDLED))]
    asked = [handled, *([TCP] if version >= TCP_SINCE else []), *([SCOPE] if version >= SCOPE_SINCE else [])]
    rules = ctypes.create_string_buffer(struct.pack(f"={len(asked)}Q", *asked), 8 * len(asked))
    ruleset = syscall(CREATE_RULESET, ctypes.addressof(rules), len(rules), 0)
    if ruleset < 0:
        return 0
    given = [(path, READ) for path in read] + [(path, WRITE) for path in write]
    done = all(_add(ruleset, path, rights & handled) for path, rights in given if path.exists())
    done = done and syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return version if done else 0


def _add(ruleset: int, path: Path, rights: int) -> bool:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights if path.is_dir() else rights & FILE_RIGHTS, opened))
        return syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.addressof(rule), 0) == 0
    finally:
        os.close(opened)
