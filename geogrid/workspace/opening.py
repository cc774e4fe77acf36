"""Making a workspace's file, and finding out whether a file is one before anything in it is trusted."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import secrets
import stat
import struct
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.errors import StoreError
from geogrid.plain import as_json
from geogrid.profile import Profile
from geogrid.replacing import PRIVATE_FILE
from geogrid.saved import crs_name
from geogrid.words import Text
from geogrid.workspace.access import DAMAGED, Access, first_bytes, meaning
from geogrid.workspace.chain import canonical_json
from geogrid.workspace.definitions import FORMAT, Definitions, definitions_of, season_ids
from geogrid.workspace.gpkg_layout import (
    APPLICATION_ID,
    DIALECT,
    finish_layout,
    lay_out,
    own_code,
    own_tables,
    set_header,
    srs_number,
)
from geogrid.workspace.ledger import Act, next_entry, record, require_short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import sqlalchemy as sa

SQLITE = b"SQLite format 3\x00"
HEADER_BYTES = 100
MOST_META = 100
LONGEST_NAME = 200
KINDS_OF = "SELECT name, type FROM sqlite_master WHERE name IN ('meta', 'versions')"

EXISTS = Text(
    "{file} 已存在，不会覆盖；请换一个名字，或用 open_workspace 打开它。",
    "{file} exists and is never overwritten; take another name, or open it with open_workspace.",
)
NO_FOLDER = Text("没有文件夹 {folder}；请先建立。", "there is no folder {folder}; make it first.")
NOT_THERE = Text(
    "没有找到工作区 {file}；请检查路径，或用 geogrid init 建立。",
    "there is no workspace {file}; check the path, or make one with geogrid init.",
)
NO_FILE = Text(
    "{file} 不是普通文件（而是文件夹、链接等）；请给出工作区文件本身。",
    "{file} is no plain file (but a folder, a link ...); give the file of the workspace itself.",
)
NO_DATABASE = Text("{file} 不是工作区：它不是 GeoPackage。", "{file} is no workspace: it is not a GeoPackage.")
NOT_OURS = Text(
    "{file} 是 GeoPackage，但不是 geogrid 的工作区；请用 geogrid init 建立工作区，再用 geogrid import 导入它的图层。",
    "{file} is a GeoPackage but no workspace of geogrid; make one with geogrid init, then import its layers with geogrid import.",
)
CUT = Text("文件被截断", "the file is cut short")
NEWER = Text(
    "{file} 由更新版本的 geogrid 写成（格式 {found}，本程序为 {own}）；请升级 geogrid 后再打开。",
    "{file} was written by a newer geogrid (format {found}, this one knows {own}); update geogrid to open it.",
)
OLDER = Text(
    "{file} 的格式（{found}）比本程序的（{own}）旧；请用 migrate=True（geogrid migrate）打开，原文件会先留一份副本。",
    "the format of {file} ({found}) is older than this program's ({own}); open it with migrate=True (geogrid migrate), which "
    "keeps a copy of the file as it is first.",
)
STRANGE = Text(
    "{file} 的触发器、视图或表结构与工作区的不同：多出、改动或缺少 {names}，出于安全不予打开；请从备份恢复。",
    "{file} has not the triggers, views and tables of a workspace: added, changed or missing are {names}; it is refused for "
    "safety; restore a backup.",
)


class Opened(NamedTuple):
    """A file that is a workspace of the current format: how to reach it, its tables, and what it says of itself."""

    access: Access
    definitions: Definitions
    meta: dict[str, str]

    @property
    def crs(self) -> CRS:
        """Return the CRS of every shape in it."""
        return CRS.from_user_input(self.meta["crs"])

    @property
    def profile(self) -> Profile:
        """Return the place's profile, as it was when the workspace was made."""
        return profile_of(self.meta)


def profile_of(meta: Mapping[str, str]) -> Profile:
    """Return the profile that a workspace keeps."""
    return Profile.model_validate(json.loads(meta["profile"]))


def make(path: Path, *, crs: CRS, profile: Profile, name: str, act: Act, key: bytes | None) -> None:
    """Make a workspace's file: whole, or not at all.

    Raises
    ------
    StoreError
        When there is something at the path, or no folder for it.
    InputError
        When the name cannot be shown.
    """
    if os.path.lexists(path):
        raise StoreError(EXISTS.fill(file=path.name))
    if not path.parent.is_dir():
        raise StoreError(NO_FOLDER.fill(folder=path.parent.name or path.parent))
    require_short(name, "name", LONGEST_NAME)
    definitions = definitions_of(srs_number(crs), season_ids(profile), profile.time_zone)
    with _private_part(path) as part:
        access = Access(part, 0.0)
        with closing(access):
            access.outside(set_header)
            with access.making() as connection:
                lay_out(connection, definitions, crs)
                meta = _meta(crs, profile, name)
                connection.execute(definitions["meta"].insert(), [{"key": k, "value": v} for k, v in meta.items()])
                entry = next_entry(None, "create", act, base=None, time_zone=profile.time_zone)
                record(connection, definitions, entry, tables=(), key=key)
                finish_layout(connection, definitions)
        _put(part, path)


def find(path: Path, *, wait_s: float) -> Access:
    """Return a way into a file that looks like a workspace.

    Raises
    ------
    StoreError
        When there is none, or something else.
    """
    try:
        kind = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreError(NOT_THERE.fill(file=path.name)) from error
    if not stat.S_ISREG(kind):
        raise StoreError(NO_FILE.fill(file=path.name))
    with meaning(path):
        _check_header(path)
    return Access(path, wait_s)


def read_meta(access: Access) -> dict[str, str]:
    """Return what a workspace says of itself; only plain tables are read.

    Raises
    ------
    StoreError
        When the file is no workspace.
    """
    name = access.path.name
    with access.reading() as connection:
        kinds = {str(name): str(kind) for name, kind in connection.exec_driver_sql(KINDS_OF)}
        if kinds != {"meta": "table", "versions": "table"}:
            raise StoreError(NOT_OURS.fill(file=name))
        rows = connection.exec_driver_sql("SELECT key, value FROM meta LIMIT ?", (MOST_META,)).all()
    meta = {str(key): str(value) for key, value in rows}
    if not {"format_version", "crs", "profile", "salt"} <= meta.keys():
        raise StoreError(NOT_OURS.fill(file=name))
    return meta


def format_of(meta: dict[str, str], name: str) -> int:
    """Return the number of a file's format.

    Raises
    ------
    StoreError
        When it is newer than ours, or no number.
    """
    text = meta["format_version"]
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise StoreError(DAMAGED.fill(file=name, why=f"format_version {text[:20]!r}"))
    if int(text) > FORMAT:
        raise StoreError(NEWER.fill(file=name, found=int(text), own=FORMAT))
    return int(text)


def require_format(connection: sa.Connection, name: str) -> None:
    """Refuse to write to a file whose format was changed since it was opened.

    Raises
    ------
    StoreError
        When it was.
    """
    found = connection.exec_driver_sql("SELECT value FROM meta WHERE key = 'format_version'").scalar()
    if found != str(FORMAT):
        raise StoreError(NEWER.fill(file=name, found=found, own=FORMAT))


def tables_of(meta: dict[str, str], name: str) -> Definitions:
    """Return the tables of a workspace that says this of itself."""
    try:
        profile = profile_of(meta)
        return definitions_of(srs_number(CRS.from_user_input(meta["crs"])), season_ids(profile), profile.time_zone)
    except (ValueError, RecursionError, CRSError) as error:
        raise StoreError(DAMAGED.fill(file=name, why="meta")) from error


def check_schema(access: Access, definitions: Definitions) -> None:
    """Refuse a file whose tables are not those of a workspace, or that holds code of another's.

    Raises
    ------
    StoreError
        Naming what is missing or strange.
    """
    with access.reading() as connection:
        found = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").all()
        columns = {name: _columns(connection, name) for name in definitions.metadata.tables}
    code = {name: sql for kind, name, _, sql in found if kind in {"view", "trigger"}}
    own, plain = dict(own_code(definitions)), dict(own_tables(definitions))
    strange = [name for name in code.keys() | own.keys() if code.get(name) != own.get(name)]
    strange += [name for name, table in definitions.metadata.tables.items() if columns[name] != _own_columns(table)]
    for kind, name, table, sql in found:
        if kind == "table" and "virtual" in str(sql).casefold().split("(")[0]:
            strange.append(name)
        # A check, a default, a collation or an expression needs a word that ours have not.
        if kind in {"table", "index"} and table in plain and sql and not _words(sql) <= _words(plain.get(name, "")):
            strange.append(name)
    if strange:
        raise StoreError(STRANGE.fill(file=access.path.name, names=", ".join(sorted({str(name) for name in strange})[:5])))


def _words(sql: str) -> set[str]:
    return set(re.findall(r"\w+", sql.casefold()))


def _columns(connection: sa.Connection, table: str) -> set[tuple[str, str, int, int]]:
    """Return name, type, place in the key, and whether it is generated, of the columns of a table; nothing for none."""
    rows = connection.exec_driver_sql(f"PRAGMA table_xinfo({table})").all()
    return {(str(row[1]), str(row[2]), int(row[5]), int(row[6])) for row in rows}


def _own_columns(table: sa.Table) -> set[tuple[str, str, int, int]]:
    place = {column.name: number + 1 for number, column in enumerate(table.primary_key.columns)}
    return {(each.name, each.type.compile(DIALECT), place.get(each.name, 0), 0) for each in table.columns}


def _meta(crs: CRS, profile: Profile, name: str) -> dict[str, str]:
    text = canonical_json(as_json(profile))
    return {
        "format_version": str(FORMAT),
        "name": name,
        "crs": crs_name(crs),
        "profile_id": profile.id,
        "profile": text,
        "profile_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "salt": secrets.token_hex(16),
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }


@contextmanager
def _private_part(path: Path) -> Iterator[Path]:
    """Yield an empty file beside a path, its owner's alone; it and what SQLite puts beside it are gone afterwards."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=path.suffix)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for beside in ("", "-wal", "-shm", "-journal"):
            Path(name + beside).unlink(missing_ok=True)


def _put(part: Path, path: Path) -> None:
    """Give a finished file its name, unless another took it meanwhile."""
    part.chmod(PRIVATE_FILE)
    with part.open("rb") as written:
        os.fsync(written.fileno())
    try:
        path.hardlink_to(part)
    except FileExistsError as error:
        raise StoreError(EXISTS.fill(file=path.name)) from error
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check_header(path: Path) -> None:
    """Refuse a file that is no GeoPackage, or that is cut short."""
    head = first_bytes(path, HEADER_BYTES)
    if head is None:
        return
    size = path.stat().st_size
    if len(head) < HEADER_BYTES or not head.startswith(SQLITE):
        raise StoreError(NO_DATABASE.fill(file=path.name))
    page, pages, application = struct.unpack_from(">H", head, 16)[0], struct.unpack_from(">I", head, 28)[0], head[68:72]
    if application != APPLICATION_ID.to_bytes(4, "big"):
        raise StoreError(NO_DATABASE.fill(file=path.name))
    waiting = Path(f"{path}-wal")
    whole = (65536 if page == 1 else page) * pages  # 1 stands for what does not fit into two bytes
    if size < whole and not (waiting.exists() and waiting.stat().st_size):
        raise StoreError(DAMAGED.fill(file=path.name, why=CUT.say("en")))
