"""Which column of a file is which column of a table.

Headers are compared without case, spaces and punctuation, in NFKC form, first whole and then without what stands in brackets:
``面积(㎡)``, ``Household ID`` and ``户编号 `` are found. Names that the Shapefile format cut to ten bytes are found too.

Where several headers mean one column, the canonical name wins over an alias, an alias over a weak one; what is set aside is
said in a note. Several headers of the same rank are merged (``geogrid.schema``): the first filled cell of each row, which a
note says, if no row has two different values. If one has, that is an error for a required column, because nobody can know
which was meant, and the first header is taken for an optional one, which a note says.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from geogrid.rows.tables import LATITUDE, LONGITUDE
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.rows.spec import Column, TableSpec

BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|\{[^{}]*\}")
SHAPEFILE_BYTES = 10
SHORTEST_CUT = 3
CANONICAL, ALIAS, CUT, WEAK = 0, 1, 2, 3


class Rank(NamedTuple):
    """The column that a header means, and how well it says so (smaller is better)."""

    column: str
    rank: int


@dataclass(frozen=True)
class Headers:
    """The headers of each canonical column (best rank only), those set aside for a better one, the unknown ones, and all."""

    used: dict[str, tuple[str, ...]]
    set_aside: dict[str, tuple[str, ...]]
    extras: tuple[str, ...]
    all: tuple[str, ...]

    @property
    def unused(self) -> tuple[str, ...]:
        """Return the headers that no column takes its values from."""
        return (*self.extras, *(header for headers in self.set_aside.values() for header in headers))


def plain(header: object) -> str:
    """Return a header in the form in which headers are compared.

    Examples
    --------
    >>> plain("  Ｈousehold_ID "), plain("经度（°）")
    ('householdid', '经度')
    """
    return "".join(letter for letter in unicodedata.normalize("NFKC", str(header)).casefold() if letter.isalnum())


def forms(header: object) -> tuple[str, str]:
    """Return a header's two comparable forms: whole, and without what stands in brackets.

    Examples
    --------
    >>> forms("面积(㎡)")
    ('面积m2', '面积')
    """
    return plain(header), plain(BRACKETS.sub("", unicodedata.normalize("NFKC", str(header))))


def split_names(names: str) -> tuple[str, ...]:
    """Return names separated by ``|``.

    Examples
    --------
    >>> split_names("户号|户编号"), split_names("")
    (('户号', '户编号'), ())
    """
    return tuple(filter(None, names.split("|")))


def columns_of(spec: TableSpec) -> tuple[Column, ...]:
    """Return a table's columns and, for one that takes points, the two coordinates."""
    return (*spec.columns, LONGITUDE, LATITUDE) if "point" in spec.geometry else spec.columns


def known_headers(columns: Iterable[Column]) -> dict[str, Rank]:
    """Return every comparable header of a table's columns, with the column and rank it stands for."""
    ranks: dict[str, Rank] = {}
    cuts: dict[str, set[str]] = defaultdict(set)
    for column in columns:
        _add(ranks, column)
        for name in (column.name, *split_names(column.aliases)):
            for cut in _cuts(name):
                cuts[cut].add(column.name)
    for cut, owners in cuts.items():
        if len(owners) == 1 and cut not in ranks:
            ranks[cut] = Rank(min(owners), CUT)
    return ranks


def _add(ranks: dict[str, Rank], column: Column) -> None:
    """Add the names of one column; a better rank replaces a worse one."""
    named = [(column.name, CANONICAL)]
    named += [(name, ALIAS) for name in split_names(column.aliases)]
    named += [(name, WEAK + place) for place, name in enumerate(split_names(column.weak))]
    for name, rank in named:
        key = plain(name)
        if key not in ranks or rank < ranks[key].rank:
            ranks[key] = Rank(column.name, rank)


def _cuts(name: str) -> set[str]:
    """Return what the Shapefile format leaves of a name, in the encodings in use."""
    cut = {name.encode(encoding)[:SHAPEFILE_BYTES].decode(encoding, "ignore") for encoding in ("utf-8", "gb18030")}
    return {plain(part) for part in cut if part != name and len(plain(part)) >= SHORTEST_CUT}


def match_headers(headers: Iterable[str], spec: TableSpec) -> Headers:
    """Say which header is which column of the table.

    Parameters
    ----------
    headers
        The headers of a file, without its geometry.
    spec
        The table.

    Examples
    --------
    >>> from geogrid.rows.tables import TABLES
    >>> match_headers(["户编号", "人口(人)", "经度", "Lat", "备注"], TABLES["households"]).used
    {'household_id': ('户编号',), 'persons': ('人口(人)',), 'lon': ('经度',), 'lat': ('Lat',)}
    """
    known = known_headers(columns_of(spec))
    every = tuple(headers)
    found: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    extras = []
    for header in every:
        rank = next((known[form] for form in forms(header) if form in known), None)
        if rank is None:
            extras.append(header)
        else:
            found[rank.column][rank.rank].append(header)
    used = {column: tuple(by_rank[min(by_rank)]) for column, by_rank in found.items()}
    aside = {
        column: tuple(header for rank in sorted(by_rank)[1:] for header in by_rank[rank])
        for column, by_rank in found.items()
        if len(by_rank) > 1
    }
    return Headers(used, aside, tuple(extras), every)


def accepted_names(column: Column) -> str:
    """Return the headers by which a column is known, for a message.

    Examples
    --------
    >>> accepted_names(LATITUDE)
    'lat, latitude, 纬度, 北纬, 纬度坐标, ...'
    """
    names = (column.name, *split_names(column.aliases))
    shown = 5
    return ", ".join(names[:shown]) + (", ..." if len(names) > shown else "")


def listed(names: Iterable[object], *, limit: int = 10) -> str:
    """Return names for a message: at most ``limit`` of them, each cut to what fits a line.

    Examples
    --------
    >>> listed(["a", "b", "c"], limit=2)
    'a, b, ...'
    """
    longest = 40
    shown = [name if len(name) <= longest else name[: longest - 3] + "..." for name in map(str, names)]
    return ", ".join(shown[:limit]) + (", ..." if len(shown) > limit else "")


def set_aside_notes(headers: Headers) -> tuple[Text, ...]:
    """Return a note for each column that several headers mean."""
    note = Text(
        "“{used}”与“{aside}”都可作为 {column}，采用前者；要用后者请把表头改为 {column}",
        "both {used!r} and {aside!r} can be {column}; the former is used; to use the other, rename its header to {column}",
    )
    return tuple(
        note.fill(used=listed(headers.used[column]), aside=listed(aside), column=column)
        for column, aside in headers.set_aside.items()
    )
