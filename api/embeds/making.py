"""Embedded maps made of a publication: the document, its data by their hash, and who may frame them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from api import answers
from api.basemap import basemap_of
from geogrid.errors import NotFoundError
from geogrid.words import Text
from maps.embed import PARTS, EmbedData, embed_page
from maps.embedmaps import MAPS
from maps.extract import GRID, at_level, in_area, lines_of

if TYPE_CHECKING:
    from api.settings import Settings
    from api.source import Source
    from geogrid.words import Lang
    from maps.embedmaps import MapName

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""For what lies under its own hash."""
DEFAULTS = ("coverage", "", GRID)
"""What an address need not say."""
NO_DATA = Text("没有这份数据：地图已更新，请重新打开", "there are no such data: the map has changed, open it again")


@dataclass(frozen=True)
class Shown:
    """Which map of which part of a publication.

    Attributes
    ----------
    map : str
        A key of `maps.embedmaps.MAPS`.
    area : str
        Id of the area to show alone; "" shows everything.
    level : str
        What is coloured: "grid", or a level of areas.
    """

    map: MapName
    area: str = ""
    level: str = GRID


@dataclass(frozen=True)
class MapData:
    """A map's data with the answers made from them."""

    content: EmbedData

    @cached_property
    def parts(self) -> dict[str, answers.Answer]:
        """Return the answer of each part."""
        return {part: self._answer(getattr(self.content, part)) for part in PARTS}

    @property
    def size(self) -> int:
        """Return about how many bytes it takes, compressed answers included."""
        return 2 * sum(len(getattr(self.content, part)) for part in PARTS)

    def _answer(self, body: bytes) -> answers.Answer:
        headers = {**answers.ANY_ORIGIN, **FOR_EVER, "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
        return answers.Answer(body, answers.JSON, headers)


def map_data(source: Source, shown: Shown) -> MapData:
    """Return the data of a map, made when first asked for.

    Raises
    ------
    NotFoundError
        When the publication has no such area or level.
    """
    key = ("map data", shown)
    basemap = basemap_of(source.settings)

    def make() -> MapData:
        return MapData(MAPS[shown.map].data(source.public, area=shown.area, level=shown.level, basemap=basemap))

    return source.recent.get(key, make, _size)


def _size(data: MapData) -> int:
    return data.size


def map_page(source: Source, shown: Shown, lang: Lang) -> answers.Answer:
    """Return the document of an embedded map: the same for every choice that its script can make."""

    def make() -> answers.Answer:
        where, basemap = origins(source.settings), basemap_of(source.settings)
        content = embed_page(
            _addresses(source, shown), lang=lang, origins=where, basemap=basemap, drawing=MAPS[shown.map].drawing
        )
        return answers.page(content, language=lang, frame_ancestors=framers(source, shown.area))

    return source.recent.get(("map", shown, lang), make, weight)


def weight(answer: answers.Answer) -> int:
    """Return about how many bytes an answer takes, with its compressed form."""
    return len(answer.body) * 3 // 2


def _addresses(source: Source, shown: Shown) -> dict[str, str]:
    """Return where the parts of a map's data lie, relative to ``/embed/{map}``."""
    content = map_data(source, shown).content
    number = {"of": source.publication.number} if source.publication else {}
    asked = number | {name: value for name, value in asdict(shown).items() if value not in DEFAULTS}
    return {part: f"../data/{content.digest(part)}.json?{urlencode({'part': part, **asked})}" for part in PARTS}


def origins(settings: Settings) -> tuple[str, ...]:
    """Return where the service says that it is, for browsers that know no origin of their own in a sandboxed frame."""
    found = urlsplit(settings.public_url)
    return (f"{found.scheme}://{found.netloc}",) if settings.public_url else ()


def data_under(source: Source, shown: Shown, part: str, digest: str) -> answers.Answer:
    """Return a part of a map's data, if it has this hash.

    Raises
    ------
    NotFoundError
        When it has another.
    """
    data = map_data(source, shown)
    if data.content.digest(part) != digest:
        raise NotFoundError(NO_DATA)
    return data.parts[part]


def framers(source: Source, of: str) -> tuple[str, ...]:
    """Return who may frame what is about an area or grid: the portals of the nearest area above it that has some."""
    if not source.settings.portals or not of:
        return source.settings.frame_ancestors
    line = lines(source).get(of, (of,))
    own = (each for each in line if each in source.settings.portals)
    return source.settings.framers(next(own, ""))


def lines(source: Source) -> dict[str, tuple[str, ...]]:
    """Return the areas above every area and grid of a publication; see `maps.extract.lines_of`."""
    return source.recent.get("lines", lambda: lines_of(source.public), lambda found: 200 * len(found))


def with_parameters(address: str, **chosen: str) -> str:
    """Return an address with the parameters that say something.

    Examples
    --------
    >>> with_parameters("https://grid.example.cn/embed/coverage", service="medical", area="")
    'https://grid.example.cn/embed/coverage?service=medical'
    """
    given = {name: value for name, value in chosen.items() if value}
    return f"{address}?{urlencode(given)}" if given else address


def require_choice(source: Source, shown: Shown, service: str) -> None:
    """Refuse an area, a level or a service that is not published.

    Raises
    ------
    NotFoundError
    """
    at_level(in_area(source.public, shown.area) if shown.area else source.public, shown.level)
    if service:
        source.known_service(service)
