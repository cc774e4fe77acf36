"""The tables of features that the service holds: of what is published, and of the workspace as each caller may see it."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from pyproj import CRS
from pyproj.exceptions import CRSError

from api.errors import BusyError
from api.holdings import NothingPublishedError
from api.ogc.table import Table
from api.scoping import rows_of, version_on
from geogrid.publications import in_force_on
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from fastapi import Request

    from api.answers import Answer
    from api.callers import Caller
    from api.holdings import Holdings
    from api.ogc.asked import When
    from api.ogc.catalogue import Collection
    from api.source import Source

KEPT_PUBLIC, KEPT_PRIVATE = 32, 8
"""Tables that are kept: of publications, and of the workspace by version and caller's areas."""
PAGE_BYTES = 32 * 2**20
"""Of public pages that are kept as they were sent."""
BUSY = Text("正在读取其他图层，请稍后再试。", "Other layers are being read; try again in a moment.")


@dataclass
class Kept:
    """The last few things made, by key; one is made at a time, and who waits too long is told that we are busy."""

    most: int
    _made: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable, make: Callable[[], Any], wait_s: float) -> Any:
        """Return what a key stands for."""
        found = self.found(key)
        if found is not None:
            return found
        if not self._making.acquire(timeout=wait_s):
            raise BusyError(BUSY)
        try:
            found = self.found(key)
            if found is None:
                found = make()
                self._put(key, found)
            return found
        finally:
            self._making.release()

    def found(self, key: Hashable) -> Any:
        """Return what a key stands for, if it is there."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
            return self._made.get(key)

    def _put(self, key: Hashable, made: Any) -> None:
        with self._lock:
            self._made[key] = made
            while len(self._made) > self.most:
                self._made.popitem(last=False)

    def forget(self, is_stale: Callable[[Any], bool]) -> None:
        """Drop what stands under keys that are stale."""
        with self._lock:
            for key in [each for each in self._made if is_stale(each)]:
                del self._made[key]


@dataclass
class Pages:
    """Public answers as they were sent, up to so many bytes; the oldest go first."""

    most_bytes: int = PAGE_BYTES
    _made: OrderedDict[Hashable, Answer] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable, make: Callable[[], Answer]) -> Answer:
        """Return the answer of a key."""
        found = self.found(key)
        if found is None:
            found = make()
            self._put(key, found)
        return found

    def found(self, key: Hashable) -> Answer | None:
        """Return the answer of a key, if it is there."""
        with self._lock:
            found = self._made.get(key)
            if found is not None:
                self._made.move_to_end(key)
            return found

    def _put(self, key: Hashable, made: Answer) -> None:
        with self._lock:
            if key in self._made or _size(key, made) > self.most_bytes // 8:
                return
            self._made[key], self._bytes = made, self._bytes + _size(key, made)
            while self._bytes > self.most_bytes:
                self._bytes -= _size(*self._made.popitem(last=False))


def _size(key: Hashable, answer: Answer) -> int:
    """Return about how many bytes an answer takes, with what it is kept under: long queries may have short answers."""
    asked = sum(len(part) for part in key if isinstance(part, str | bytes)) if isinstance(key, tuple) else 0
    return 2 * len(answer.body) + asked + 1000


@dataclass(frozen=True)
class Features:
    """Tables and pages that were made so far."""

    public: Kept = field(default_factory=partial(Kept, KEPT_PUBLIC))
    private: Kept = field(default_factory=partial(Kept, KEPT_PRIVATE))
    pages: Pages = field(default_factory=Pages)


def features_of(request: Request) -> Features:
    """Return what the service keeps of its features."""
    return cast("Features", request.app.state.features)


def time_zone(holdings: Holdings) -> dt.tzinfo:
    """Return the zone in which days are counted; of a check's folder none matters."""
    if not holdings.is_office:
        return dt.UTC
    with holdings.workspace() as opened:
        return ZoneInfo(opened.profile.time_zone)


def table_of(features: Features, holdings: Holdings, collection: Collection, caller: Caller, when: When | None) -> Table | None:
    """Return a collection as it was on the last of some days, or today; None where nothing was in force on any of them.

    Raises
    ------
    NothingPublishedError
        When nothing is published today.
    BusyError
        When others are being read for too long.
    """
    if not collection.is_public:
        return _of_office(features, holdings, collection, caller, when)
    if not holdings.is_office:
        return _published(features, holdings.source(), collection)
    today = holdings.today()  # what is to come is nobody's yet
    found = in_force_on(holdings.publications(), today if when is None or when.last is None else min(when.last, today))
    if found is None and when is None:
        raise NothingPublishedError(NOTHING)
    return None if found is None else _published(features, holdings.source_of(found), collection, holdings)


NOTHING = Text("还没有发布任何结果，没有图层。", "nothing is published yet, so there are no features.")


def table_at_hand(features: Features, holdings: Holdings, collection: Collection) -> Table | None:
    """Return what is published today of a public collection, if it was read before and written in longitude and latitude."""
    source = holdings.source_at_hand()
    if source is None:
        return None
    key, _ = _key_of(source, collection, holdings if holdings.is_office else None)
    table = cast("Table | None", features.public.found(key))
    return table if table is not None and table.is_written else None


def _key_of(source: Source, collection: Collection, office: Holdings | None) -> tuple[Hashable, dt.date | None]:
    """Return what a published table is kept under, and the first day of all publications of an office."""
    number = source.publication and (source.publication.number, source.publication.digest)
    first = min((each.effective for each in office.publications()), default=None) if office else None
    return (number, first, collection.name), first


def _published(features: Features, source: Source, collection: Collection, office: Holdings | None = None) -> Table:
    key, first = _key_of(source, collection, office)

    def make() -> Table:
        local = _measured_in(source.public.summary.get("settings", {}).get("crs"))
        since = midnight(first, time_zone(office)) if office and first else ""
        return Table(collection, getattr(source.public, collection.table), local, since)

    return cast("Table", features.public.get(key, make, source.settings.busy_after_s))


def _measured_in(crs: Any) -> CRS | None:
    try:
        return CRS.from_user_input(crs) if crs else None
    except CRSError:
        return None


def midnight(day: dt.date, zone: dt.tzinfo) -> str:
    """Return when a day begins, in UTC.

    Examples
    --------
    >>> midnight(dt.date(2024, 2, 1), ZoneInfo("Asia/Shanghai"))
    '2024-01-31T16:00:00Z'
    """
    return f"{dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _of_office(features: Features, holdings: Holdings, collection: Collection, caller: Caller, when: When | None) -> Table | None:
    with holdings.workspace() as opened:
        head = opened.head
        version = version_on(opened, when)
        if version is None:
            return None
        features.private.forget(lambda key: key[0] != head.hash)  # an erasure, too, makes a new head
        key = (head.hash, version.version, collection.name, caller.areas)

        def make() -> Table:
            rows = rows_of(opened, collection.table, version.version, caller.areas)
            first = min(opened.versions()["effective"])
            return Table(collection, rows, opened.crs, midnight(first, ZoneInfo(opened.profile.time_zone)))

        return cast("Table", features.private.get(key, make, holdings.settings.busy_after_s))
