"""How much of a card's words its paper holds: sizes of letters, the height left for the map, and what has to go.

Widths are counted in Chinese characters: a Latin letter is about 0.55 of one. Everything is an estimate on the safe side; the map
takes what is left, so that a card is never higher than its paper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maps.cardfacts import Notice, Person
    from maps.cardground import Site

T = TypeVar("T")
LATIN = 0.56
SHEET_MM = 186.0
"""Width of an A4 notice between its margins."""
ROOM_MM = 196.0
"""Height of a notice for map, facilities, people and duties together."""
LEAST_MAP_MM = 58.0
SUPERVISION_MM = 15.0
CODE_MM = 44.0
"""Height and width of what the code takes beside the duties, its caption included."""
PEOPLE_MM = 60.0
MOST_NAME, MOST_CODE, MOST_ABOVE, MOST_PHONE = 90, 40, 40, 46
"""Characters of a grid's name, its code, the name of an area above and a supervision phone; a longer one is cut."""
MOST_LEVELS = 3
"""Areas above that a card names, the nearest."""
LONG_PHONE = 12
"""Characters of a supervision phone from which on it is set smaller."""
SITES_ACROSS = 3
NAME_SIZES = {"large": 11, "medium": 17, "small": 42}
"""How many characters a grid's name has in each size."""
MOST_SITES = 12


@dataclass(frozen=True)
class Size:
    """A size of letters: its class in the style sheet, how many characters fit on a line, and a line's height in mm."""

    name: str
    per_line: float
    line_mm: float


DUTY_SIZES = (Size("large", 28, 7.4), Size("medium", 34, 6.2), Size("small", 42, 4.9))
"""Of the duties beside a code; without one a line holds a third more."""
POCKET_DUTIES = (Size("large", 13.5, 4.3), Size("medium", 16, 3.7), Size("small", 19, 3.2))
POCKET_DUTIES_MM = 38.0
POCKET_LINES = 6
POCKET_PER_LINE = 20.0
POCKET_ROLE = 5.2
MOST_CONTACT = 14
"""Characters of a person's name on a contact card."""
POCKET_LARGE_LINES = 4
POCKET_LARGE_NAME = 4.0
"""Up to so many people with such short names are set larger."""


@dataclass(frozen=True)
class Fit:
    """What a card shows: how many of its people, its duties as far as they go, their size, and whether something is left out."""

    people: int
    duties: tuple[str, ...]
    size: str
    is_cut: bool
    map_mm: float = 0.0
    sites: int = 0
    people_size: str = ""


def width(words: str) -> float:
    """Return how wide a text is, in Chinese characters.

    Examples
    --------
    >>> width("网格A")
    2.56
    """
    return sum(1.0 if ord(letter) > 0x2E7F else LATIN for letter in words)  # noqa: PLR2004 -- where wide letters begin


def lines(words: str, per_line: float) -> int:
    """Return how many lines a text takes; a line loses a character where none may begin one, more where words stay whole.

    Examples
    --------
    >>> lines("走访入户", 4), lines("走访入户。", 4), lines("visit every home", 6)
    (1, 2, 3)
    """
    wide = width(words)
    loss = 2.5 if wide < 0.8 * len(words) else 1.0
    return 1 if wide <= per_line else math.ceil(wide / max(per_line - loss, 1.0))


def shortened(words: str, most: float) -> str:
    """Return a text that is no wider than so many characters; a longer one ends in "…".

    Examples
    --------
    >>> shortened("沿河东路", 4), shortened("沿河东路以北", 4)
    ('沿河东路', '沿河东…')
    """
    return words if width(words) <= most else f"{_beginning(words, most - 1)}…"


def trimmed(notice: Notice) -> Notice:
    """Return what a card says with names, code and phone no longer than any card holds."""
    return replace(
        notice,
        name=shortened(notice.name, MOST_NAME),
        code=shortened(notice.code, MOST_CODE),
        above=tuple(shortened(name, MOST_ABOVE) for name in notice.above[-MOST_LEVELS:]),
        supervision_phone=shortened(notice.supervision_phone, MOST_PHONE),
    )


def name_size(name: str) -> str:
    """Return the class of a grid's name: the longer, the smaller.

    Examples
    --------
    >>> name_size("第一网格"), name_size("很长的名字" * 8)
    ('large', 'small')
    """
    return next((size for size, most in NAME_SIZES.items() if width(name) <= most), "tiny")


def fit_notice(notice: Notice, sites: Sequence[Site]) -> Fit:
    """Return what an A4 notice shows: as many facilities, people and duties as leave the map its least height."""
    rows = [max(lines(_site_words(site), 17) for site in group) * 5.2 + 1 for group in _rows(sites[:MOST_SITES], SITES_ACROSS)]
    people, people_mm = _fit_people(notice, PEOPLE_MM)
    room = ROOM_MM - LEAST_MAP_MM - people_mm - sum(rows)
    duties, size, duties_mm, is_cut = _fit_duties(notice.duties, DUTY_SIZES, room, more=1.0 if notice.url else 1.32)
    used = sum(rows) + people_mm + max(duties_mm, CODE_MM if notice.url else 0.0)
    free = ROOM_MM - used + (0.0 if notice.supervision_phone else SUPERVISION_MM)
    return Fit(people, duties, size, is_cut or people < len(notice.people), free, min(len(sites), MOST_SITES))


def fit_pocket(notice: Notice) -> Fit:
    """Return what a contact card shows: people on its front, duties on its back."""
    used, shown = len(notice.vacant), 0
    for person in notice.people:
        used += contact_lines(person)
        shown += used <= POCKET_LINES - (shown + 1 < len(notice.people))
    is_small = used > POCKET_LARGE_LINES or max((width(person.name) for person in notice.people), default=0) > POCKET_LARGE_NAME
    duties, size, _, is_cut = _fit_duties(notice.duties, POCKET_DUTIES, POCKET_DUTIES_MM)
    people_size = "small" if is_small else "large"
    is_short = any(width(person.name) > MOST_CONTACT for person in notice.people)
    return Fit(shown, duties, size, is_cut or is_short or shown < len(notice.people), people_size=people_size)


def contact_lines(person: Person) -> int:
    """Return how many lines somebody takes on a contact card, between role and phone.

    Examples
    --------
    >>> from maps.cardfacts import Person
    >>> [contact_lines(Person("买买提" * times, ("member",), "13800000000")) for times in (1, 3)]
    [1, 2]
    """
    free = POCKET_PER_LINE - POCKET_ROLE - (width(person.phone) + 1 if person.phone else 0)
    return lines(shortened(person.name, MOST_CONTACT), max(free, 3.0))


def people_across(notice: Notice) -> int:
    """Return how many people stand beside each other on a notice."""
    return 3 if len(notice.people) + len(notice.vacant) <= 6 else 4  # noqa: PLR2004 -- two rows of three


def _fit_people(notice: Notice, room_mm: float) -> tuple[int, float]:
    """Return how many people fit and the height of their rows, vacant roles last."""
    across = people_across(notice)
    everyone = [*(_person_mm(person, across) for person in notice.people), *([15.0] * len(notice.vacant))]
    used, shown = 0.0, 0
    for group in _rows(everyone, across):
        if used + max(group) > room_mm and shown:
            break
        used, shown = used + max(group), shown + len(group)
    return min(shown, len(notice.people)), used


def _person_mm(person: Person, across: int) -> float:
    per_line = 10.5 if across == 3 else 9.5  # noqa: PLR2004 -- the wider of the two
    long = width(person.name) > 8  # noqa: PLR2004 -- set smaller from here on
    name = lines(person.name, per_line * 1.5) * 4.8 if long else 7.6
    return 9.0 + name + (6.0 if person.phone else 0.0)


def _fit_duties(
    duties: Sequence[str], sizes: Sequence[Size], room_mm: float, *, more: float = 1.0
) -> tuple[tuple[str, ...], str, float, bool]:
    """Return duties in the largest letters that fit, their class and height; in the smallest, cut, where none does."""
    heading = 9.0 if sizes is DUTY_SIZES else 0.0
    for size in sizes:
        height = heading + sum(lines(line, size.per_line * more) for line in duties) * size.line_mm
        if height <= room_mm:
            return tuple(duties), size.name, height if duties else 0.0, False
    smallest = sizes[-1]
    most = max(1, int((room_mm - heading) / smallest.line_mm))
    kept = _cut(duties, smallest.per_line * more, most)
    return kept, smallest.name, heading + most * smallest.line_mm, True


def _cut(duties: Sequence[str], per_line: float, most: int) -> tuple[str, ...]:
    """Return as many lines of duties as fit, the last one ending in "…"."""
    kept: list[str] = []
    left = most
    for line in duties:
        needed = lines(line, per_line)
        if needed >= left:
            room = left * (per_line - 1) - 1
            kept.append(_beginning(line, room) + "…")
            break
        kept.append(line)
        left -= needed
    return tuple(kept)


def _beginning(line: str, room: float) -> str:
    """Return the beginning of a line that is no wider than the room."""
    used, end = 0.0, 0
    while end < len(line) and used + width(line[end]) <= room:
        used += width(line[end])
        end += 1
    return line[:end].rstrip("，、；。,;. ")


def _site_words(site: Site) -> str:
    return site.name + "四字服务" * bool(site.services)


def _rows(items: Sequence[T], across: int) -> list[Sequence[T]]:
    return [items[start : start + across] for start in range(0, len(items), across)]
