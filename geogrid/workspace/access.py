"""Ways into the file: connections that trust nothing in it, transactions, waiting for other writers, and what errors mean."""

from __future__ import annotations

import errno
import random
import sqlite3
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from geogrid.errors import BusyError, FullError, InputError, StoreError
from geogrid.words import Text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from pathlib import Path

SLEEP_S = (0.002, 0.02)
"""A writer that has to wait looks again after a random time between these."""
READ_WAIT_S = 5.0
"""How long a reader waits for the moment in which a writer that was killed is cleaned up after."""
WAL_BYTES = 64 << 20
CACHE_KIB = 64 << 10

READ, WRITE = "BEGIN", "BEGIN IMMEDIATE"
"""How transactions begin."""

WAITS = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
BUSY = Text(
    "{file} 正被另一个写入者占用，已等待 {seconds} 秒；请稍后再试。",
    "another writer holds {file}; waited {seconds} s. Try again later.",
)
FULL = Text(
    "磁盘已满或无法写入，{file} 没有任何改动；请腾出空间后再试，无需重新打开。",
    "the disk is full or cannot be written; nothing in {file} was changed. Make room and try again, without opening it anew.",
)
NO_HANDLES = Text(
    "{file} 无法打开：打开的文件过多，或没有读写此文件夹的权限；请关闭一些程序或检查权限后再试。",
    "{file} cannot be opened: too many open files, or no right to read and write in its folder; close some, or check the rights.",
)
DAMAGED = Text(
    "{file} 已损坏，或不是工作区（{why}）；请用 geogrid backup 的备份恢复。",
    "{file} is damaged or no workspace ({why}); restore it from a backup made with geogrid backup.",
)
READ_ONLY = Text("{file} 只能读取，不能写入；请检查文件权限。", "{file} can only be read; check the rights of the file.")
REPLACED = Text(
    "{file} 在打开期间被换成别的文件或被移走；请关闭所有打开它的程序，再重新打开。",
    "{file} was replaced or taken away while it was open; close every program that has it open, then open it anew.",
)
NO_TEXT = Text(
    "文字不是 UTF-8，无法写入或查找；请检查终端或文件的编码。",
    "a text is not UTF-8 and can neither be written nor looked for; check the encoding of the terminal or file.",
)
OTHER = Text("{file} 读写失败（{why}）。", "{file} could not be read or written ({why}).")
MEANING: tuple[tuple[int, type[StoreError], Text], ...] = (
    (sqlite3.SQLITE_FULL, FullError, FULL),
    (sqlite3.SQLITE_IOERR, FullError, FULL),
    (sqlite3.SQLITE_CANTOPEN, StoreError, NO_HANDLES),
    (sqlite3.SQLITE_READONLY, StoreError, READ_ONLY),
    (sqlite3.SQLITE_PERM, StoreError, READ_ONLY),
    (sqlite3.SQLITE_NOTADB, StoreError, DAMAGED),
    (sqlite3.SQLITE_CORRUPT, StoreError, DAMAGED),
    (sqlite3.SQLITE_BUSY, BusyError, BUSY),
    (sqlite3.SQLITE_LOCKED, BusyError, BUSY),
)


class Access:
    """A file, and how long a writer waits for another.

    Parameters
    ----------
    path : Path
        An existing file.
    wait_s : float
        Seconds.
    """

    def __init__(self, path: Path, wait_s: float) -> None:
        self.path, self.wait_s = path, wait_s
        self._engine = sa.create_engine("sqlite://", creator=lambda: connect(path), poolclass=sa.pool.QueuePool, pool_size=1)
        sa.event.listen(self._engine, "connect", self._remember)
        sa.event.listen(self._engine, "begin", _begin)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that sees one state of the file, whatever is written meanwhile."""
        with self._transaction(READ, READ_WAIT_S) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open the one transaction that may write, after those of other writers; all of it is kept, or nothing.

        Raises
        ------
        BusyError
            After waiting too long.
        FullError
            When there is no room.
        """
        with self._transaction(WRITE, self.wait_s) as connection:
            connection.exec_driver_sql("INSERT OR IGNORE INTO meta VALUES ('writing', '')")
            yield connection
            connection.exec_driver_sql("DELETE FROM meta WHERE key = 'writing'")

    @contextmanager
    def making(self) -> Iterator[sa.Connection]:
        """Open a transaction on a file that has no tables yet."""
        with self._transaction(WRITE, self.wait_s) as connection:
            yield connection

    def outside(self, work: Callable[[Any], Any]) -> Any:
        """Return what some work does with a plain connection of the driver, outside any transaction."""
        with meaning(self.path, self.wait_s), closing(connect(self.path)) as connection:
            return work(connection)

    @contextmanager
    def _transaction(self, begin: str, wait_s: float) -> Iterator[sa.Connection]:
        with meaning(self.path, wait_s):
            connection = waiting(lambda: self._begun(begin), wait_s)
            try:
                yield connection
                connection.commit()
            finally:
                connection.close()  # which takes back what was not committed

    def _begun(self, begin: str) -> sa.Connection:
        """Return a connection in a transaction that has read once, so that the state it sees is settled."""
        with ExitStack() as undone:
            connection = undone.enter_context(self._engine.connect()).execution_options(geogrid_begin=begin)
            if not is_same_file(self.path, connection.info["stat"]):
                raise StoreError(REPLACED.fill(file=self.path.name))
            if begin != READ:
                _share(connection.connection.driver_connection)
            connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").all()
            undone.pop_all()
        return connection

    def _remember(self, _connection: object, record: Any) -> None:
        record.info["stat"] = self.path.stat()

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def _share(connection: Any) -> None:
    """Let readers and a writer go on beside one another: a backup, or a file that QGIS had open, says otherwise."""
    connection.execute("PRAGMA journal_mode = WAL").fetchone()


class _Holding(sqlite3.Connection):
    """A connection that is known as long as it is open."""

    def close(self) -> None:
        """Close it, and know it no more."""
        super().close()
        _HOLDING.pop(id(self), None)

    def __del__(self) -> None:
        """Know it no more."""
        _HOLDING.pop(id(self), None)


_HOLDING: dict[int, tuple[int, int]] = {}
"""The files that connections of this process have open, by device and number."""
_OPENING = threading.Lock()


def first_bytes(path: Path, size: int) -> bytes | None:
    """Return how a file begins; None where this process has it open as a database, and so knows it for one.

    POSIX ends all locks of a process on a file as soon as the process closes the file once, in whatever way it had it open. To
    read it so while a connection holds it would let other processes write, or take the log away, in the midst of its work.
    """
    with _OPENING:
        stat = path.stat()
        if (stat.st_dev, stat.st_ino) in tuple(_HOLDING.values()):
            return None
        with path.open("rb") as file:
            return file.read(size)


def connect(path: Path) -> sqlite3.Connection:
    """Open a database that exists, trusting nothing in its schema."""
    address = f"{path.absolute().as_uri()}?mode=rw"
    with _OPENING:
        connection = sqlite3.connect(
            address, uri=True, isolation_level=None, timeout=0, check_same_thread=False, factory=_Holding
        )
        stat = path.stat()
        _HOLDING[id(connection)] = (stat.st_dev, stat.st_ino)
    try:
        for pragma in (
            "trusted_schema = OFF",
            "foreign_keys = ON",
            "synchronous = FULL",
            "secure_delete = ON",
            f"journal_size_limit = {WAL_BYTES}",
            f"cache_size = -{CACHE_KIB}",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def waiting(attempt: Callable[[], Any], wait_s: float) -> Any:
    """Return what an attempt returns, trying again while another holds the file."""
    until = time.monotonic() + wait_s
    while True:
        try:
            return attempt()
        except (DBAPIError, sqlite3.Error) as error:
            if code_of(error) not in WAITS or time.monotonic() >= until:
                raise
        time.sleep(random.uniform(*SLEEP_S))  # noqa: S311 - to be unlike the other writers, not secret


def code_of(error: BaseException) -> int:
    """Return SQLite's primary code of an error; 0 where it has none."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    return int(getattr(inner, "sqlite_errorcode", 0) or 0) & 0xFF


@contextmanager
def meaning(path: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Turn errors of the database into ours, which say what to do."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise _error(error, path, wait_s) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise FullError(FULL.fill(file=path.name)) from error
        if error.errno in {errno.EMFILE, errno.ENFILE, errno.EACCES}:
            raise StoreError(NO_HANDLES.fill(file=path.name)) from error
        if error.errno == errno.EIO:
            raise StoreError(OTHER.fill(file=path.name, why=error.strerror)) from error
        raise
    except UnicodeEncodeError as error:
        raise InputError(NO_TEXT) from error
    except UnicodeDecodeError as error:  # a damaged schema: SQLite quotes it in what it says
        raise StoreError(DAMAGED.fill(file=path.name, why="not UTF-8")) from error


def _error(error: BaseException, path: Path, wait_s: float) -> StoreError:
    code = code_of(error)
    inner = error.orig if isinstance(error, DBAPIError) else error
    for known, kind, text in MEANING:
        if code == known:
            return kind(text.fill(file=path.name, seconds=f"{wait_s:g}", why=inner))
    return StoreError(OTHER.fill(file=path.name, why=inner))


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("geogrid_begin", "BEGIN"))


def is_same_file(path: Path, stat: os.stat_result) -> bool:
    """Return whether a path still leads to the file that was opened."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    return (now.st_dev, now.st_ino) == (stat.st_dev, stat.st_ino)
