"""What the service remembers itself: keys, sessions, the audit trail, jobs; one SQLite file beside the workspace, mode 0600.

The workspace holds the office's tables and nothing of the service; this file holds the service's and no household. Several
processes may open it at once: a write is one transaction, and who has to wait for another waits.
"""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from api.statetables import METADATA, VERSION
from geogrid.errors import BusyError, StoreError
from geogrid.replacing import PRIVATE_FILE, locked, private_folder
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "service.db"
WAIT_S = 30.0
NEWER = Text(
    "{file} 由更新版本的 geogrid 写成（格式 {found}，本程序为 {own}）；请升级 geogrid。",
    "{file} was written by a newer geogrid (format {found}, this one knows {own}); update geogrid.",
)
BUSY = Text("服务的数据文件正忙，请稍后再试。", "the service's file is held by another writer; try again in a moment.")


def now() -> str:
    """Return this moment as the service's file states it."""
    return moment(dt.timedelta())


def moment(ahead: dt.timedelta) -> str:
    """Return the moment some time from now as the service's file states it: UTC, ISO text that sorts by time."""
    return (dt.datetime.now(dt.UTC) + ahead).isoformat(timespec="microseconds")


@dataclass(frozen=True, eq=False)
class State:
    """The open file and the folder it lies in.

    Attributes
    ----------
    folder : Path
        The service's own, of mode 0700: ``service.db``, ``jobs/``, ``uploads/``, ``published/``.
    key : bytes or None
        Of the audit trail's HMACs: the workspace's.
    """

    folder: Path
    _engine: sa.Engine
    key: bytes | None = None

    @classmethod
    def open(cls, folder: Path, key: bytes | None = None) -> Self:
        """Open the service's file in a folder, and make both where they are not.

        Raises
        ------
        StoreError
            When the file was written by a newer program.
        """
        private_folder(folder)
        path = folder / FILE
        engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.QueuePool, connect_args={"timeout": WAIT_S})
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(_begins(connection)))
        state = cls(folder, engine, key)
        with locked(folder), state.writing() as connection:
            found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
            if found > VERSION:
                raise StoreError(NEWER.fill(file=FILE, found=found, own=VERSION))
            METADATA.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
        path.chmod(PRIVATE_FILE)
        return state

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that sees one state."""
        with _meaning(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that writes, all or nothing; it waits for other writers.

        Raises
        ------
        BusyError
            When another holds the file too long.
        """
        with _meaning(), self._engine.connect() as connection:
            connection.info["writes"] = True
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.info["writes"] = False

    def part(self, name: str) -> Path:
        """Return a private folder inside the service's, made where it is not."""
        return private_folder(self.folder / name)

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def _prepare(plain: object, _record: object) -> None:
    """Leave transactions to us, write ahead, and be durable."""
    plain.isolation_level = None  # type: ignore[attr-defined]
    with closing(plain.cursor()) as cursor:  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")


def _begins(connection: sa.Connection) -> str:
    return "BEGIN IMMEDIATE" if connection.info.get("writes") else "BEGIN"


@contextmanager
def _meaning() -> Iterator[None]:
    """Say what it means when the file is held by another."""
    try:
        yield
    except sa.exc.OperationalError as error:
        if "locked" in str(error.orig):
            raise BusyError(BUSY) from error
        raise


_OPENED: dict[tuple[Path, bytes | None], State] = {}
_OPENING = threading.Lock()


def state_of(folder: Path, key: bytes | None = None) -> State:
    """Return the state of a folder, opened once in a process; with the key of its audit trail where there is one."""
    with _OPENING:
        if (folder, key) not in _OPENED:
            _OPENED[folder, key] = State.open(folder, key)
        return _OPENED[folder, key]
