"""Files that callers send: taken in piece by piece, counted, kept for some hours in the service's own folder, never opened here.

What a sender calls a file is shown and nothing else: on the disk it has a name of ours, with the ending that says its format.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import os
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.errors import TooLargeError, TooSlowError, UnsupportedError
from api.state import moment, now
from api.statetables import UPLOADS
from geogrid.errors import FullError, InputError, NotFoundError
from geogrid.files.raw import shown_name
from geogrid.files.sniffing import ACCEPTED, EXTENSIONS
from geogrid.replacing import PRIVATE_FILE
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from api.callers import Caller
    from api.settings import Settings
    from api.state import State

FOLDER = "uploads"
PART = ".part"
RAW = "application/octet-stream"
ID = re.compile(r"[0-9a-f]{32}")
PIECE = 1 << 20
"""Bytes that are gathered before they go to the disk."""
ROOM_EVERY = 16 << 20
"""Bytes after which the room that is left is looked at again: others send at the same time."""
SHAPEFILE_PART = frozenset({"shp"})

NO_UPLOAD = Text("没有这个上传的文件，或已到期删除", "there is no such uploaded file, or its hours are over")
NOT_RAW = Text(
    "请把文件原样作为请求正文发送（application/octet-stream，不压缩，不用表单）",
    "send the file itself as the body (application/octet-stream, not packed, no form)",
)
NO_FORMAT = Text(
    "文件名“{name}”的扩展名不能用；可用：{known}；Shapefile 请打成 .zip",
    "the ending of {name!r} is not read; accepted: {known}; of a Shapefile send a .zip",
)
EMPTY = Text("文件是空的", "the file is empty")
NO_ROOM = Text(
    "全部上传的文件已满 {mib} MiB：请先删除用过的（DELETE /api/v1/uploads/编号）",
    "uploaded files fill all of {mib} MiB: delete those that are done with (DELETE /api/v1/uploads/ID)",
)
GONE = Text("文件没有传完连接就断了：请重新发送", "the connection ended before the file did: send it again")
FULL = Text("服务器磁盘写不进：请稍后再试", "the disk of the service cannot be written: try again later")


@dataclass(frozen=True)
class Upload:
    """A file that a caller sent.

    Attributes
    ----------
    upload_id : str
    name : str
        As its sender calls it, made fit to show.
    who : str
        Id of the sender's key; nobody else sees it.
    bytes, sha256 : int, str
    created_at : str
        UTC.
    """

    upload_id: str
    name: str
    who: str
    bytes: int
    sha256: str
    created_at: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the upload that a row of the file states."""
        return cls(**row)

    def path(self, state: State) -> Path:
        """Return where it lies."""
        return state.part(FOLDER) / f"{self.upload_id}{ending_of(self.name)}"

    def told(self, settings: Settings) -> dict[str, Any]:
        """Return what its sender is told of it."""
        ends = dt.datetime.fromisoformat(self.created_at) + dt.timedelta(hours=settings.upload_hours)
        about = {"upload_id": self.upload_id, "name": self.name, "bytes": self.bytes, "sha256": self.sha256}
        times = {"created_at": self.created_at, "expires_at": ends.isoformat(timespec="microseconds")}
        return {**about, **times, "links": {"self": f"{settings.base_url}/api/v1/uploads/{self.upload_id}"}}


def checked_name(given: str) -> str:
    r"""Return a file's name fit to show; its ending must be one of a format that is read.

    Raises
    ------
    InputError
        When it is none.

    Examples
    --------
    >>> checked_name("../..\\etc/\u202e住户\x00.CSV")
    '住户.CSV'
    """
    name = shown_name(given.replace("\\", "/"))
    if EXTENSIONS.get(ending_of(name), "shp") in SHAPEFILE_PART:
        raise InputError(NO_FORMAT.fill(name=name, known=ACCEPTED.replace(".shp ", "")))
    return name


def ending_of(name: str) -> str:
    """Return the ending that says the format, in small letters.

    Examples
    --------
    >>> ending_of("town.osm.PBF")
    '.pbf'
    """
    return PurePosixPath(name).suffix.casefold()


@dataclass
class Intake:
    """How fast bodies are taken in, all together: while many large ones arrive, others are answered in between.

    Attributes
    ----------
    bytes_per_s : int
        A body of 512 MiB takes 16 seconds at the usual rate.
    """

    bytes_per_s: int = 32 << 20
    _free_at: float = 0.0

    def wait_s(self, size: int, now: float) -> float:
        """Count some bytes that were taken in, and return how long to wait before more are.

        Examples
        --------
        >>> intake = Intake(bytes_per_s=100)
        >>> intake.wait_s(50, 10.0), intake.wait_s(50, 10.0), intake.wait_s(50, 20.0)
        (0.5, 1.0, 0.5)
        """
        self._free_at = max(self._free_at, now) + size / self.bytes_per_s
        return self._free_at - now


@dataclass(frozen=True)
class Arrived:
    """A body on the disk that nothing was said of yet."""

    part: Path
    bytes: int
    sha256: str

    def discard(self) -> None:
        """Remove it."""
        self.part.unlink(missing_ok=True)


async def arrive(request: Request, state: State, settings: Settings) -> Arrived:
    """Take in the body of a request, in pieces of a MiB; how large and slow it may be is `api.guard`'s.

    Raises
    ------
    UnsupportedError
        When it is a form, or packed.
    TooLargeError
        When it has more bytes than a file may have, or than there is room for.
    TooSlowError
        When it does not arrive in time.
    InputError
        When there is nothing in it.
    FullError
        When the disk takes no more.
    """
    _require_raw(request)
    await run_in_threadpool(_require_room, state, settings)
    part = state.part(FOLDER) / f"{secrets.token_hex(16)}{PART}"
    try:
        return await _written(request, part, state, settings)
    except ClientDisconnect as error:
        part.unlink(missing_ok=True)
        raise TooSlowError(GONE) from error
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FullError(FULL) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


async def _written(request: Request, part: Path, state: State, settings: Settings) -> Arrived:
    intake: Intake = request.app.state.intake
    digest, size, looked_at, waiting = hashlib.sha256(), 0, 0, bytearray()
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(handle, "wb", buffering=0) as file:
        async for piece in request.stream():
            size += len(piece)
            digest.update(piece)
            waiting += piece
            await asyncio.sleep(intake.wait_s(len(piece), time.monotonic()))
            if len(waiting) >= PIECE:
                await run_in_threadpool(file.write, bytes(waiting))
                waiting.clear()
            if size - looked_at > ROOM_EVERY:
                looked_at = size
                await run_in_threadpool(_require_room, state, settings)
        await run_in_threadpool(_finish, file, bytes(waiting))
    if not size:
        raise InputError(EMPTY)
    await run_in_threadpool(_require_room, state, settings)
    return Arrived(part, size, digest.hexdigest())


def _finish(file: Any, rest: bytes) -> None:
    file.write(rest)
    os.fsync(file.fileno())


def _require_raw(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != RAW or request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedError(NOT_RAW)


def _require_room(state: State, settings: Settings) -> None:
    """Refuse what would make all uploads together too many bytes; those whose hours are over make room first."""
    if _used(state) > settings.uploads_bytes:
        clear(state, settings)
    if _used(state) > settings.uploads_bytes:
        raise TooLargeError(NO_ROOM.fill(mib=settings.uploads_bytes >> 20))


def _used(state: State) -> int:
    total = 0
    for path in state.part(FOLDER).iterdir():
        with suppress(FileNotFoundError):  # it was deleted meanwhile
            total += path.stat().st_size
    return total


def keep(state: State, caller: Caller, name: str, arrived: Arrived) -> Upload:
    """Make a body that arrived an upload of its sender."""
    upload = Upload(secrets.token_hex(16), name, caller.key_id, arrived.bytes, arrived.sha256, now())
    arrived.part.replace(upload.path(state))
    with state.writing() as connection:
        connection.execute(UPLOADS.insert().values(**vars(upload)))
    return upload


def own(state: State, caller: Caller) -> list[Upload]:
    """Return the uploads of a caller, newest first."""
    wanted = sa.select(UPLOADS).where(UPLOADS.c.who == caller.key_id).order_by(UPLOADS.c.created_at.desc())
    with state.reading() as connection:
        return [Upload.of(dict(row)) for row in connection.execute(wanted).mappings()]


def upload_of(state: State, who: str, upload_id: str) -> Upload:
    """Return an upload of somebody.

    Raises
    ------
    NotFoundError
        When there is none of that id, or it is another's.
    """
    wanted = sa.select(UPLOADS).where((UPLOADS.c.upload_id == upload_id) & (UPLOADS.c.who == who))
    with state.reading() as connection:
        row = connection.execute(wanted).mappings().first() if ID.fullmatch(upload_id) else None
    if row is None:
        raise NotFoundError(NO_UPLOAD)
    return Upload.of(dict(row))


def delete(state: State, uploads: list[Upload]) -> None:
    """Take uploads off the disk and out of the file."""
    for upload in uploads:
        upload.path(state).unlink(missing_ok=True)
    with state.writing() as connection:
        connection.execute(UPLOADS.delete().where(UPLOADS.c.upload_id.in_([each.upload_id for each in uploads])))


def clear(state: State, settings: Settings) -> None:
    """Delete uploads whose hours are over, and what is left of bodies that never arrived."""
    ended = UPLOADS.c.created_at < moment(dt.timedelta(hours=-settings.upload_hours))
    with state.reading() as connection:
        old = [Upload.of(dict(row)) for row in connection.execute(sa.select(UPLOADS).where(ended)).mappings()]
    delete(state, old)
    _clear_strays(state, settings)


def delete_all(state: State, settings: Settings) -> int:
    """Delete every upload, whoever sent it, and return how many: any of them may hold a household that is to be erased."""
    with state.reading() as connection:
        there = [Upload.of(dict(row)) for row in connection.execute(sa.select(UPLOADS)).mappings()]
    delete(state, there)
    _clear_strays(state, settings)
    return len(there)


def _clear_strays(state: State, settings: Settings) -> None:
    """Remove files that no upload is said to have, once nobody can still be sending them."""
    with state.reading() as connection:
        known = set(connection.execute(sa.select(UPLOADS.c.upload_id)).scalars())
    oldest = time.time() - 2 * settings.upload_seconds
    for path in state.part(FOLDER).iterdir():
        with suppress(FileNotFoundError):
            if path.stem not in known and path.stat().st_mtime < oldest:
                path.unlink()
