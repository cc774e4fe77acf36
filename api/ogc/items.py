"""Pages of features: which rows a request asks for, in which order, and the document they are joined into."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import numpy as np

from api.errors import InvalidParameterError
from api.ogc.asked import DEFAULT_LIMIT, boxes, crs_of, one_of, when, whole
from api.ogc.crs import LONLAT, Crs
from api.ogc.evaluating import Evaluation
from api.ogc.filters import LANGS, parsed
from api.valuewords import shortened
from geogrid.words import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from api.ogc.asked import When
    from api.ogc.table import Table

    Ints = npt.NDArray[np.intp]

NO_SORT = Text("不能按“{name}”排序：可用的见 queryables", "cannot sort by {name!r}: see queryables")
GEOJSON, HTML, JSON = "application/geo+json", "text/html", "application/json"
QUICK, QUICK_LIMIT = frozenset({"limit", "offset", "bbox", "f", "lang"}), 1000
"""Parameters of pages that take a millisecond at most."""
PAGING = ("limit", "offset")
ITEM_PARAMETERS = ("limit", "offset", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs", "sortby")


@dataclass(frozen=True)
class Page:
    """Some features of those that a request asks for.

    Attributes
    ----------
    table : Table or None
        None where nothing was in force.
    rows : array of int
        Of this page.
    matched : int
        Features that are asked for in all.
    limit, offset : int
    crs : Crs
        Of the answer.
    """

    table: Table | None
    rows: Any
    matched: int
    limit: int
    offset: int
    crs: Crs

    @property
    def has_next(self) -> bool:
        """Return whether there are more."""
        return self.offset + len(self.rows) < self.matched

    def lines(self) -> list[bytes]:
        """Return the features as GeoJSON."""
        return [] if self.table is None else self.table.lines(self.rows, self.crs)


def days_of(given: Mapping[str, str], zone: dt.tzinfo) -> When | None:
    """Return the days of a request's ``datetime``; None without one."""
    return when(given["datetime"], zone) if "datetime" in given else None


def page_of(table: Table | None, given: Mapping[str, str], systems: Sequence[Crs], *, most: int, filter_bytes: int) -> Page:
    """Return the page of features that the parameters of a request ask for.

    Parameters
    ----------
    table : Table or None
    given : mapping
        Parameters by name, as they were written.
    systems : sequence of Crs
        Those that the collection is offered in.
    most : int
        Features at once; a larger ``limit`` is taken as this.
    filter_bytes : int
        Longest ``filter``.

    Raises
    ------
    InvalidParameterError
        When one of them cannot be used.
    """
    limit = min(whole("limit", given.get("limit"), DEFAULT_LIMIT, least=1), most)
    offset = whole("offset", given.get("offset"), 0, least=0)
    crs, box_crs, filter_crs = (crs_of(name, given.get(name), systems) for name in ("crs", "bbox-crs", "filter-crs"))
    areas = boxes(given["bbox"], box_crs) if "bbox" in given else None
    lang = one_of("filter-lang", given.get("filter-lang"), LANGS, LANGS[0])
    tree = parsed(given["filter"], lang, most_bytes=filter_bytes) if "filter" in given else None  # type: ignore[arg-type]
    if table is None:
        return Page(None, [], 0, limit, offset, crs)
    rows: Any = range(len(table)) if areas is None else table.within(areas)
    if tree is not None:
        rows = np.asarray(rows, dtype=np.intp)
        rows = rows[Evaluation(table, filter_crs).rows(tree)[rows]]
    if "sortby" in given:
        rows = _sorted(table, np.asarray(rows, dtype=np.intp), given["sortby"])
    part = rows[offset : offset + limit]
    return Page(table, part if isinstance(part, range) else part.tolist(), len(rows), limit, offset, crs)


def is_quick(given: Mapping[str, str]) -> bool:
    """Return whether a page only joins a few features that were written before, found by number or in a small index.

    Examples
    --------
    >>> is_quick({"limit": "10"}), is_quick({"limit": "5000"}), is_quick({"filter": "a = 1"})
    (True, False, False)
    """
    limit = given.get("limit", str(DEFAULT_LIMIT))
    return given.keys() <= QUICK and limit.isascii() and limit.isdigit() and int(limit[:9]) <= QUICK_LIMIT


def _sorted(table: Table, rows: Ints, sortby: str) -> Ints:
    """Return rows in the order of some properties, each with + or - before it; what is not known comes last."""
    keys = [part.strip() for part in sortby.split(",")]
    names = [key.lstrip("+-") for key in keys]
    unknown = [name for name in names if name not in table.names]
    if unknown or len(set(names)) < len(names):
        raise InvalidParameterError(NO_SORT.fill(name=shortened(unknown[0] if unknown else sortby)))
    frame = table.frame.iloc[rows][names].reset_index(drop=True)
    for name in names:
        if frame[name].map(lambda cell: isinstance(cell, list | np.ndarray)).any():
            raise InvalidParameterError(NO_SORT.fill(name=shortened(name)))
    order = frame.sort_values(names, ascending=[not key.startswith("-") for key in keys], kind="stable").index
    return rows[order.to_numpy()]  # type: ignore[no-any-return]


def document(page: Page, links: list[dict[str, str]]) -> bytes:
    """Return a page as GeoJSON, joined from features that were written before."""
    counted = f'"numberMatched":{page.matched},"numberReturned":{len(page.rows)}'
    head = f'{{"type":"FeatureCollection",{counted},"links":{_json(links)},"features":['
    return b"".join((head.encode(), b",".join(page.lines()), b"]}"))


def feature(table: Table, row: int, crs: Crs, links: list[dict[str, str]]) -> bytes:
    """Return one feature with its links."""
    return table.lines([row], crs)[0][:-1] + f',"links":{_json(links)}}}'.encode()


def page_links(address: str, given: Mapping[str, str], page: Page, *, collection: str, shown: str) -> list[dict[str, str]]:
    """Return the links of a page: itself, the other format, the next and the one before, its collection."""
    kept = {name: given[name] for name in (*ITEM_PARAMETERS, "lang") if name in given}
    others = urlencode({name: value for name, value in kept.items() if name not in PAGING})

    def to(**changed: str) -> str:
        told = urlencode({name: value for name, value in kept.items() if name in PAGING} | changed)
        return f"{address}?{others}&{told}" if others else f"{address}?{told}"

    media = {"json": GEOJSON, "html": HTML}
    other = "html" if shown == "json" else "json"
    links = [link("self", to(f=shown), media[shown]), link("alternate", to(f=other), media[other])]
    at = {"limit": str(page.limit)}
    if page.has_next:
        links.append(link("next", to(**at, offset=str(page.offset + len(page.rows)), f=shown), media[shown]))
    if page.offset:
        links.append(link("prev", to(**at, offset=str(max(page.offset - page.limit, 0)), f=shown), media[shown]))
    return [*links, link("collection", collection, JSON)]


def item_links(address: str, given: Mapping[str, str], *, collection: str, shown: str) -> list[dict[str, str]]:
    """Return the links of one feature: itself, the other format, its collection."""
    told = {name: given[name] for name in ("datetime", "crs", "lang") if name in given}
    media = {"json": GEOJSON, "html": HTML}
    other = "html" if shown == "json" else "json"
    named = (("self", shown), ("alternate", other))
    links = [link(rel, f"{address}?{urlencode(told | {'f': each})}", media[each]) for rel, each in named]
    return [*links, link("collection", collection, JSON)]


def link(rel: str, href: str, media_type: str, title: str = "") -> dict[str, str]:
    """Return one link."""
    return {"rel": rel, "href": href, "type": media_type} | ({"title": title} if title else {})


def address_of(base: str, collection: str, *, item: str | None = None) -> str:
    """Return the address of a collection's items, or of one; any character may stand in an id.

    Examples
    --------
    >>> address_of("http://a/api/v1", "grids", item="1/2 网")
    'http://a/api/v1/collections/grids/items/1%2F2%20%E7%BD%91'
    """
    end = "" if item is None else f"/{quote(item, safe='')}"
    return f"{base}/collections/{collection}/items{end}"


def content_crs(crs: Crs) -> dict[str, str]:
    """Return the header that says which system the coordinates are in."""
    return {"Content-Crs": f"<{crs.uri}>"}


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
LONLAT_HEADER = content_crs(LONLAT)
