"""Columns of households by season: ``persons_<season>`` for every season of the profile, by any of the season's names.

``persons_winter``, ``人口_冬季``, ``冬季人口`` and ``persons winter`` are one column. A blank cell means ``persons``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from geogrid.files.raw import show
from geogrid.rows.headers import listed, plain
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geogrid.profile import Season
    from geogrid.rows.spec import Column, TableSpec

WAYS_TO_SAY = (
    "persons_{n}",
    "{n}_persons",
    "population_{n}",
    "{n}_population",
    "人口_{n}",
    "人数_{n}",
    "{n}人口",
    "{n}人数",
    "{n}常住人口",
)
LIKE_A_SEASON = re.compile(r"persons.+|population.+|(?=.*[春夏秋冬季节期月假]).*(?:人口|人数).*")
"""Comparable headers that look as if they counted people at a time of the year."""

UNKNOWN = Text(
    "“{names}”像是某个季节的人口，但配置中没有这些季节（有：{known}），未使用；请在配置的 [[seasons]] 中加上，或改正表头",
    "{names!r}: looks like people in a season that the profile does not have (it has: {known}) and is not used; add the season "
    "under [[seasons]] of the profile, or correct the header",
)


def with_seasons(spec: TableSpec, seasons: Sequence[Season]) -> TableSpec:
    """Return a table that counts people with one more count for every season; any other table as it is.

    Examples
    --------
    >>> from geogrid.profile import load_profile
    >>> from geogrid.rows.tables import HOUSEHOLDS
    >>> [column.name for column in with_seasons(HOUSEHOLDS, load_profile().seasons).columns[-2:]]
    ['persons_summer', 'persons_winter']
    """
    persons = {column.name: column for column in spec.columns}.get("persons")
    if persons is None:
        return spec
    return replace(spec, columns=(*spec.columns, *(_count(persons, season) for season in seasons)))


def _count(persons: Column, season: Season) -> Column:
    """Return the column of one season: a count like persons, which stands in for its blank cells."""
    return replace(
        persons,
        name=season.column,
        label=Text(f"{season.zh}人口", f"persons in {season.en}"),
        aliases="|".join(way.format(n=name) for name in season.names for way in WAYS_TO_SAY),
        weak="",
        required=False,
        blank_from=persons.name,
    )


def unknown_seasons(headers: Iterable[str], spec: TableSpec) -> tuple[Text, ...]:
    """Return a note on headers that no column takes and that look like a season's people, if there are any.

    Examples
    --------
    >>> from geogrid.rows.tables import HOUSEHOLDS
    >>> [note.en[:44] for note in unknown_seasons(["persons_spring", "备注"], HOUSEHOLDS)]
    ["'persons_spring': looks like people in a sea"]
    """
    odd = [header for header in headers if LIKE_A_SEASON.fullmatch(plain(header))]
    known = [column.name for column in spec.columns if column.blank_from]
    return (UNKNOWN.fill(names=listed(map(show, odd)), known=listed(known) or "-"),) if odd else ()
