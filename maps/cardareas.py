"""Which print file a grid's card is in: one per area of the highest level of which several hold grids."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from geogrid.facts import matching
from geogrid.words import Text
from maps.cardlayout import MOST_ABOVE, MOST_LEVELS, shortened
from maps.cardwords import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.facts import Facts
    from geogrid.words import Lang
    from maps.cardfacts import Notice

ALL, OTHERS = "all", "others"
"""Names of the file of all grids, where no level divides them, and of that of grids in no area."""
TAKEN = frozenset({"index", "con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""Names that a print file cannot have: the list's own, and those that Windows keeps for itself."""
MOST_LETTERS = 50
UNSAFE = re.compile(r"[^\w-]+")


AREA = Text("区域", "area")
"""What areas are called that no level of the profile knows."""


@dataclass(frozen=True)
class PrintArea:
    """The cards of one print file: its name without an ending, whose grids they are ("" for all), and which."""

    file: str
    where: str
    positions: tuple[int, ...]


def print_areas(facts: Facts, notices: Sequence[Notice], lang: Lang) -> tuple[Text | None, list[PrintArea]]:
    """Divide cards into print files.

    Parameters
    ----------
    facts : Facts
        Its profile's levels say which areas are townships, which villages; partial ones and those across the tree divide nothing.
    notices : sequence of Notice
        Of all cards, in their order.
    lang : "zh" or "en"
        Of what a file of grids in no area is called.

    Returns
    -------
    tuple of Text or None, list of PrintArea
        What the areas are called, None where all cards are in one file; and the files in the order of the cards, that of grids in
        no area last. Every position is in exactly one.
    """
    for level, areas in _levels(facts, notices):
        if len(set(areas) - {""}) > 1:
            return level, _files(notices, areas, LABELS["in_none"].fill(level=level.say(lang)).say(lang))
    return None, [PrintArea(ALL, "", tuple(range(len(notices))))]


def safe_name(area_id: str) -> str:
    """Return an area's id as the name of a file on any system: letters, digits, "-" and "_" only.

    Examples
    --------
    >>> safe_name("130306101"), safe_name("../抚宁镇 1/2"), safe_name("-rf")
    ('130306101', '_抚宁镇_1_2', 'rf')
    """
    return UNSAFE.sub("_", unicodedata.normalize("NFC", area_id)).lstrip("-")[:MOST_LETTERS] or "_"


def _levels(facts: Facts, notices: Sequence[Notice]) -> Iterator[tuple[Text, list[str]]]:
    """Yield each level from the top with the area of each card, "" for none; last whatever is highest, called as it may be."""
    if facts.areas is None:
        return
    for level in facts.profile.levels:
        if level.of == "areas" and not (level.cuts_across or level.is_partial):
            chosen = facts.areas["area_id"][matching(facts.areas, {"level": level.select or level.names})]
            ids = frozenset(chosen)
            yield level.name, [next((area for area in one.areas if area in ids), "") for one in notices]
    yield AREA, [next(iter(one.areas), "") for one in notices]


def _files(notices: Sequence[Notice], areas: Sequence[str], in_none: str) -> list[PrintArea]:
    positions: dict[str, list[int]] = {}
    for at, area in enumerate(areas):
        positions.setdefault(area, []).append(at)
    found, taken = [], set(TAKEN)
    for area in sorted(positions, key=lambda area: not area):
        file = _free(safe_name(area) if area else OTHERS, taken)
        taken.add(file.casefold())
        where = _where(notices[positions[area][0]], area) if area else in_none
        found.append(PrintArea(file, where, tuple(positions[area])))
    return found


def _free(name: str, taken: set[str]) -> str:
    """Return a name, numbered where another file has it; capitals and small letters are one to many systems."""
    numbered = (name if n == 1 else f"{name}-{n}" for n in count(1))
    return next(each for each in numbered if each.casefold() not in taken)


def _where(notice: Notice, area: str) -> str:
    """Return the names of an area and of what it lies in, from the top."""
    names = notice.above[: notice.areas.index(area) + 1]
    return " · ".join(shortened(name, MOST_ABOVE) for name in names[-MOST_LEVELS:])
