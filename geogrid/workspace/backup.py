"""A copy of a workspace that is one committed state of it, made while others read and write, and whether a copy is whole."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pyproj import CRS

from geogrid.errors import StoreError
from geogrid.replacing import PRIVATE_FILE, replacing
from geogrid.words import Text
from geogrid.workspace import chain
from geogrid.workspace.access import DAMAGED, connect, meaning
from geogrid.workspace.definitions import FORMAT
from geogrid.workspace.opening import OLDER, check_schema, find, format_of, read_meta, tables_of
from geogrid.workspace.outside import damage, verify_all, why_damaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.workspace.verification import Verification

SAME = Text(
    "备份的目标 {file} 就是工作区本身；请换一个文件名。",
    "the target {file} of the backup is the workspace itself; name another file.",
)
IN_USE = Text(
    "{file} 旁有 {beside}：它正被打开，或上次未正常关闭；请关闭打开它的程序，或换一个文件名。",
    "beside {file} lies {beside}: it is open, or was not closed well; close the program that has it open, or name another file.",
)
NO_FOLDER = Text("文件夹 {folder} 不存在；请先建立它。", "the folder {folder} does not exist; make it first.")
NO_FILE = Text(
    "备份的目标 {file} 不是普通文件（而是文件夹、设备等）；请换一个文件名。",
    "the target {file} of the backup is no plain file (but a folder, a device ...); name another file.",
)
BROKEN = Text(
    "{file} 已损坏（{why}），没有备份；请用较早的备份恢复。旧备份未动。",
    "{file} is damaged ({why}) and was not backed up; restore it from an earlier backup. What was at the target is untouched.",
)
BESIDE = ("-wal", "-journal")
"""Files of SQLite beside a database that would be taken for part of the one that replaces it."""

LEFT_BEHIND_S = 3600.0
"""Half-made copies older than this belong to a process that was killed."""


def backup(path: Path, target: Path) -> Path:
    """Copy a workspace as it was at one moment, whole or not at all.

    Parameters
    ----------
    path : Path
        A workspace; others may read and write it meanwhile, and wait for nothing.
    target : Path
        A file in an existing folder; an earlier backup there is replaced in one step. Its owner's alone (mode 0600), because it
        holds households.

    Returns
    -------
    Path
        The target: one file, with nothing beside it, that opens as a workspace.

    Raises
    ------
    StoreError
        When the target cannot be written, is the workspace itself or in use, or the workspace is damaged.
    FullError
        When there is no room.
    """
    _check_target(path, target)
    _sweep(target)
    with meaning(target), _whole(target) as part:
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            why = _copied(path, copy) or damage(copy) or _head_problem(copy)
        if why:
            raise StoreError(BROKEN.fill(file=path.name, why=why))
    return target


def check_backup(path: Path, *, key: bytes | None = None, expected_head: str | None = None) -> Verification:
    """Return whether a backup is whole and fits its ledger, without changing it.

    Parameters
    ----------
    path : Path
        The file.
    key, expected_head
        As for `verification.verify`.

    Raises
    ------
    StoreError
        When it is no workspace of this format, or the file is damaged.
    """
    with closing(find(path, wait_s=0.0)) as access:
        meta = read_meta(access)
        if format_of(meta, path.name) != FORMAT:
            raise StoreError(OLDER.fill(file=path.name, found=meta["format_version"], own=FORMAT))
        definitions = tables_of(meta, path.name)
        check_schema(access, definitions)
        why = access.outside(damage)
        if why:
            raise StoreError(DAMAGED.fill(file=path.name, why=why))
        with access.reading() as connection:
            return verify_all(connection, definitions, CRS.from_user_input(meta["crs"]), key=key, expected_head=expected_head)


def _copied(path: Path, copy: sqlite3.Connection) -> str:
    """Copy a database; return what is wrong with it when it cannot be read."""
    try:
        with closing(connect(path)) as source:
            source.backup(copy)  # in one step: it sees one state, and never starts again because somebody writes
            copy.execute("PRAGMA journal_mode = DELETE")  # nothing beside it, so that it can be moved, or read from a disc
    except sqlite3.DatabaseError as error:
        return why_damaged(error)
    return ""


def _head_problem(copy: sqlite3.Connection) -> str:
    """Return what is wrong with the newest record of the ledger; "" when it fits its hash."""
    copy.row_factory = sqlite3.Row
    head = copy.execute("SELECT * FROM versions ORDER BY version DESC LIMIT 1").fetchone()
    if head is None or not chain.same(str(head["hash"]), chain.record_hash(dict(head))):
        return "versions: hash"
    return ""


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """Yield a file that becomes the target, name and all, when the block ends well; nothing of it is left when it does not."""
    with replacing(target, mode=PRIVATE_FILE) as part:
        try:
            yield part
        finally:
            for ending in BESIDE:
                Path(f"{part}{ending}").unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check_target(path: Path, target: Path) -> None:
    if not target.parent.is_dir():
        raise StoreError(NO_FOLDER.fill(folder=target.parent.name or target.parent))
    if target.exists() and target.samefile(path):
        raise StoreError(SAME.fill(file=target.name))
    if target.exists() and not target.is_file():
        raise StoreError(NO_FILE.fill(file=target.name))
    for ending in BESIDE:
        beside = Path(f"{target}{ending}")
        if beside.exists():
            raise StoreError(IN_USE.fill(file=target.name, beside=beside.name))


def _sweep(target: Path) -> None:
    """Remove half-made copies that a killed process left: they hold households."""
    part = re.compile(rf"\.{re.escape(target.stem[:40])}-[a-z0-9_]{{8}}{re.escape(target.suffix)}({'|'.join(('', *BESIDE))})")
    for left in [each for each in target.parent.iterdir() if part.fullmatch(each.name)]:
        try:
            if time.time() - left.stat().st_mtime > LEFT_BEHIND_S:
                left.unlink()
        except FileNotFoundError:  # another backup removed it just now
            continue
