"""The key of a workspace's HMACs: a file of its own, kept apart from the workspace, that nobody but its owner may read."""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.replacing import PRIVATE_FILE
from geogrid.words import Text

if TYPE_CHECKING:
    from pathlib import Path

LEAST_BYTES = 16
MOST_BYTES = 4096
MADE_BYTES = 32
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_key(path: Path) -> bytes:
    """Make a key at random and write it to a new file, its owner's alone.

    Raises
    ------
    InputError
        When there is something at the path, or the file cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_key(Path(folder, "key"))
    ...     made == read_key(Path(folder, "key")), len(made)
    (True, 64)
    """
    key = secrets.token_hex(MADE_BYTES).encode()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    except FileExistsError as error:
        raise InputError(_EXISTS.fill(file=path.name)) from error
    except OSError as error:
        raise InputError(_NOT_MADE.fill(file=path.name)) from error
    with os.fdopen(handle, "wb") as file:
        file.write(key + b"\n")
        os.fsync(file.fileno())
    return key


def read_key(path: Path) -> bytes:
    """Return the key in a file, without white space around it.

    Raises
    ------
    InputError
        When there is no such file, others may read it, or it is too short or too long for a key.
    """
    try:
        state = path.stat()
        content = path.read_bytes() if stat.S_ISREG(state.st_mode) and state.st_size <= MOST_BYTES else b""
    except OSError as error:
        raise InputError(_NOT_READ.fill(file=path.name)) from error
    if state.st_mode & OTHERS:
        raise InputError(_OPEN.fill(file=path.name, mode=f"{stat.S_IMODE(state.st_mode):04o}"))
    key = content.strip()
    if len(key) < LEAST_BYTES:
        raise InputError(_SHORT.fill(file=path.name, least=LEAST_BYTES, most=MOST_BYTES))
    return key


_EXISTS = Text(
    "密钥文件 {file} 已存在，不会覆盖；请换一个文件名，或用 --key 使用它。",
    "the key file {file} exists and is never overwritten; take another name, or use it with --key.",
)
_NOT_MADE = Text(
    "建不了密钥文件 {file}；请检查文件夹是否存在、能否写入。",
    "the key file {file} cannot be made; check that its folder is there and writable.",
)
_NOT_READ = Text(
    "读不了密钥文件 {file}；请检查路径和权限。", "the key file {file} cannot be read; check its path and permissions."
)
_OPEN = Text(
    "密钥文件 {file} 的权限是 {mode}，别人也能读；请改为 0600（chmod 600）。",
    "the key file {file} has mode {mode}, so that others may read it; make it 0600 (chmod 600).",
)
_SHORT = Text(
    "密钥文件 {file} 里没有可用的密钥：应为 {least} 到 {most} 个字节；可用 geogrid init --new-key 生成。",
    "the key file {file} holds no usable key: expected {least} to {most} bytes; `geogrid init --new-key` makes one.",
)
