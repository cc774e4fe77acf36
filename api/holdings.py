"""What the service holds: the published reports, and in an office its workspace and its own state."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, cast
from zoneinfo import ZoneInfo

from fastapi import Request

from api.answers import Shelf
from api.source import Source, read_folder
from api.state import State, state_of
from geogrid.errors import NotFoundError
from geogrid.keyfile import read_key
from geogrid.publications import INDEX, Publication, folder_of, in_force_on, publications
from geogrid.store import Workspace, open_workspace
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.settings import Settings

PUBLISHED = "published"
KEPT_SOURCES = 4
"""Publications that are kept open; one that is asked for again is read again."""

NO_WORKSPACE = Text(
    "本服务只提供一份检查结果，没有工作区：这个地址在 geogrid serve 工作区.gpkg 时才有。",
    "this service shows one check and has no workspace: the address exists when `geogrid serve` is given a workspace.",
)
NOTHING_YET = Text(
    "还没有发布任何结果：请先检查并发布（geogrid publish，或由管理员在 /api/v1/publications 发布）。",
    "nothing is published yet: check and publish first (geogrid publish, or an administrator at /api/v1/publications).",
)


class NothingPublishedError(NotFoundError):
    """Nothing is in force on the day asked about."""


@dataclass(frozen=True, eq=False)
class Holdings:
    """A check's folder, read-only; or a workspace with what was published of it.

    Attributes
    ----------
    settings : Settings
    state : State or None
        The service's own file; None for a folder.
    key : bytes or None
        Of the workspace's HMACs.
    heavy : Lock
        Held while something is worked out that takes all streets and households of the workspace.
    kept : dict
        What parts of the service keep open for the next request, such as the town of the newest check (`api.towns`).
    """

    settings: Settings
    state: State | None = None
    key: bytes | None = None
    heavy: threading.Lock = field(default_factory=threading.Lock)
    kept: dict[str, Any] = field(default_factory=dict)
    _folder: Source | None = None
    _sources: dict[int, Source] = field(default_factory=dict)
    _index: list[tuple[object, tuple[Publication, ...]]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open what the settings name.

        Raises
        ------
        InputError, StoreError
            When it is no check's folder, or no workspace.
        """
        if settings.workspace is None:
            return cls(settings, _folder=Source.open(settings))
        key = read_key(settings.key_file) if settings.key_file else None
        open_workspace(settings.workspace, key=key).close()
        return cls(settings, state_of(data_folder(settings), key), key)

    @cached_property
    def shelf(self) -> Shelf:
        """Return the answers that rest on no publication, such as the reference."""
        return Shelf(self.settings.busy_after_s)

    @property
    def is_office(self) -> bool:
        """Return whether there is a workspace."""
        return self.state is not None

    def require_state(self) -> State:
        """Return the service's own file.

        Raises
        ------
        NotFoundError
            When only a folder is served.
        """
        if self.state is None:
            raise NotFoundError(NO_WORKSPACE)
        return self.state

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """Open the workspace for one request or job: an object of its own, closed afterwards.

        Raises
        ------
        NotFoundError
            When only a folder is served.
        """
        if self.settings.workspace is None:
            raise NotFoundError(NO_WORKSPACE)
        with open_workspace(self.settings.workspace, key=self.key) as opened:
            yield opened

    def publications(self) -> tuple[Publication, ...]:
        """Return everything published, oldest first; read again when somebody published. Of a folder, nothing."""
        mark = self._index_mark()
        if mark is None:
            return ()
        with self._lock:
            if not self._index or self._index[0][0] != mark:
                self._index[:] = [(mark, publications(self.require_state().folder / PUBLISHED))]
            return self._index[0][1]

    def _index_mark(self) -> tuple[int, int, int] | None:
        """Return what changes when somebody publishes; None before the first."""
        if self.state is None:
            return None
        try:
            seen = (self.state.folder / PUBLISHED / INDEX).stat()
        except FileNotFoundError:
            return None
        return seen.st_mtime_ns, seen.st_ino, seen.st_size

    def source(self, on: dt.date | None = None) -> Source:
        """Return what is published, today or as it was on a day. A folder's report holds on every day.

        Raises
        ------
        NothingPublishedError
            When nothing is in force.
        """
        if self._folder is not None:
            return self._folder
        found = in_force_on(self.publications(), on or self.today())
        if found is None:
            raise NothingPublishedError(NOTHING_YET)
        return self.source_of(found)

    def source_at_hand(self) -> Source | None:
        """Return what is published today, if that takes no reading: for who must not wait, and asks `source` otherwise."""
        if self._folder is not None or "zone" not in self.__dict__:
            return self._folder
        index = self._index[:1]  # without the lock, which somebody may hold while reading
        if not index or index[0][0] != self._index_mark():
            return None
        found = in_force_on(index[0][1], self.today())
        return self._sources.get(found.number) if found is not None else None

    def source_of(self, publication: Publication) -> Source:
        """Return one publication with the answers made from it."""
        with self._lock:
            kept = self._sources.get(publication.number)
            if kept is None:
                folder = folder_of(self.require_state().folder / PUBLISHED, publication)
                kept = Source(self.settings, read_folder(folder), Shelf(self.settings.busy_after_s), publication)
                while len(self._sources) >= KEPT_SOURCES:
                    del self._sources[next(iter(self._sources))]
                self._sources[publication.number] = kept
            return kept

    def today(self) -> dt.date:
        """Return the day in the time zone of the workspace's profile."""
        return dt.datetime.now(ZoneInfo(self._time_zone())).date()

    def _time_zone(self) -> str:
        if "zone" not in self.__dict__:
            with self.workspace() as opened:
                object.__setattr__(self, "zone", opened.profile.time_zone)
        return str(self.__dict__["zone"])


def data_folder(settings: Settings) -> Path:
    """Return the service's own folder: as set, or beside the workspace.

    Examples
    --------
    >>> from api.settings import Settings
    >>> data_folder(Settings(workspace="/data/office.gpkg")).as_posix()
    '/data/office.service'
    """
    path = cast("Path", settings.workspace)
    return settings.data_dir or path.with_name(f"{path.stem}.service")


def holdings_of(request: Request) -> Holdings:
    """Return what the service holds."""
    return cast("Holdings", request.app.state.holdings)
