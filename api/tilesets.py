"""All vector tiles of a service: of which state, for whom, and what of them is kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from api.errors import BusyError
from api.ogc.catalogue import COLLECTIONS
from api.tilecache import TileCache
from api.tilelayers import PEOPLE, PUBLIC, STAFF, Datum, Drawn, TileSet, shape_tiles
from api.tilesoffice import homes_of, people_of, shapes_of, state_of, state_seen
from geogrid.errors import NotFoundError
from geogrid.publications import in_force_on
from geogrid.words import Text
from maps.page import is_osm

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from api.callers import Caller
    from api.holdings import Holdings
    from api.ogc.asked import When
    from api.source import Source
    from api.tilesoffice import OfficeState, People
    from geogrid.store import Workspace

T = TypeVar("T")
MOST_LAYERS = 64
"""Collections of published states and scopes that are kept at once."""
MOST_PEOPLE = 2
"""States of which all households are kept at once: today's, and a day that somebody looks back to."""
MOST_STATES = 256
"""Days and intervals whose version is known at once."""
MARK = 16
"""Letters of a state's digest that stand in addresses."""
OSM = "© OpenStreetMap contributors, ODbL 1.0"
NO_STATE = Text(
    "没有这个版本的瓦片：请去掉 v，或重新读取说明。",
    "there are no tiles of that state: leave v out, or read the description again.",
)
TOO_EARLY = Text("那时还没有数据。", "there was no data then.")
MAKING = Text("正在准备图层，请稍后再试。", "the layers are being made; try again in a moment.")


@dataclass(eq=False)
class TileSets:
    """All tiles of a service.

    Attributes
    ----------
    holdings : Holdings
    cache : TileCache
    """

    holdings: Holdings
    cache: TileCache
    _layers: OrderedDict[Hashable, Drawn] = field(default_factory=OrderedDict)
    _people: OrderedDict[Hashable, People] = field(default_factory=OrderedDict)
    _seen: list[object] = field(default_factory=list)
    _states: OrderedDict[Hashable, OfficeState | None] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, holdings: Holdings) -> TileSets:
        """Return those of what a service holds; nothing is made before it is asked for."""
        return cls(holdings, TileCache(holdings.settings.tile_cache_mib << 20))

    def public(self, datum: Datum, mark: str = "", when: When | None = None) -> TileSet:
        """Return what is published: the state that a mark names, or what was in force on the last of some days, or today's.

        Raises
        ------
        NotFoundError
            When nothing was published then, or nothing with that mark.
        """
        source = self._marked(mark) if mark else self._published(when)

        def make(name: str) -> Drawn:
            return shape_tiles(name, PUBLIC[name], getattr(source.public, COLLECTIONS[name].table), datum)

        kept = partial(self._layer, ("public", mark_of(source), datum), make)
        return TileSet(mark_of(source), tuple(PUBLIC), kept, OSM if is_osm(source.public.summary) else "")

    def staff(self, caller: Caller, datum: Datum, when: When | None = None) -> TileSet | None:
        """Return what an office keeps for itself, on the last of some days or today, within the caller's areas.

        Returns
        -------
        TileSet or None
            None for the public, and of a folder.

        Raises
        ------
        NotFoundError
            When it held nothing then.
        """
        if not (self.holdings.is_office and caller.may("viewer")):
            return None
        state, areas = self._state(when), caller.areas

        def make(name: str) -> Drawn:
            if name == PEOPLE:
                return self._read(partial(homes_of, state=state, areas=areas, people=partial(self._all_people, state, datum)))
            return self._read(partial(shapes_of, state=state, name=name, areas=areas, datum=datum))

        return TileSet(state.mark, tuple(STAFF), partial(self._layer, ("staff", state.mark, areas, datum), make))

    def forget(self) -> None:
        """Let go of everything made from the workspace, so that what was erased is nowhere in memory."""
        with self._lock:
            self._seen.clear()
            self._states.clear()
            self._people.clear()
            for key in [each for each in self._layers if isinstance(each, tuple) and each[0] == "staff"]:
                del self._layers[key]
            self.cache.forget("staff")

    def _published(self, when: When | None) -> Source:
        if when is None or when.last is None or not self.holdings.is_office:
            return self.holdings.source()
        day = min(when.last, self.holdings.today())  # what is to come is nobody's yet
        found = in_force_on(self.holdings.publications(), day)
        if found is None:
            raise NotFoundError(TOO_EARLY)
        return self.holdings.source_of(found)

    def _marked(self, mark: str) -> Source:
        now = self.holdings.source()
        if mark == mark_of(now):
            return now
        begun = [each for each in self.holdings.publications() if each.effective <= self.holdings.today()]
        found = [each for each in begun if each.digest[:MARK] == mark]
        if not found:
            raise NotFoundError(NO_STATE)
        return self.holdings.source_of(found[-1])

    def _state(self, when: When | None) -> OfficeState:
        """Return a state of the workspace; of what it was before the last change nothing is kept."""
        seen = state_seen(self.holdings)
        with self._held():
            if self._seen != [seen]:
                self.forget()
                self._seen[:] = [seen]
            read = partial(state_of, holdings=self.holdings, when=when)
            found = self._kept(self._states, MOST_STATES, when, lambda: self._read(read))
        if found is None:
            raise NotFoundError(TOO_EARLY)
        return found

    def _all_people(self, state: OfficeState, datum: Datum) -> People:
        read = partial(people_of, state=state, datum=datum)
        return self._kept(self._people, MOST_PEOPLE, (state.mark, datum), lambda: self._read(read))

    def _read(self, read: Callable[[Workspace], T]) -> T:
        with self.holdings.workspace() as opened:
            return read(opened)

    def _layer(self, of: tuple[Hashable, ...], make: Callable[[str], Drawn], name: str) -> Drawn:
        return self._kept(self._layers, MOST_LAYERS, (*of, name), lambda: make(name))

    def _kept(self, among: OrderedDict[Hashable, T], most: int, key: Hashable, make: Callable[[], T]) -> T:
        """Return what a key stands for, made when it is not there; of too many the one that nobody asked for longest goes."""
        with self._held():
            if key not in among:
                among[key] = make()
            among.move_to_end(key)
            while len(among) > most:
                among.popitem(last=False)
            return among[key]

    def _held(self) -> _Held:
        return _Held(self._lock, self.holdings.settings.busy_after_s)


class _Held(NamedTuple):
    """A lock that is waited for only so long."""

    lock: Any
    most_s: float

    def __enter__(self) -> None:
        if not self.lock.acquire(timeout=self.most_s):
            raise BusyError(MAKING)

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def mark_of(source: Source) -> str:
    """Return what tells a published state from others."""
    if source.publication is not None:
        return source.publication.digest[:MARK]
    return source.digest[:MARK]
