"""The codes and ids of grids: the first numbering, the next free number, and the area in which a grid is numbered."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import shapely

from geogrid.boundaries import STANDING, set_of
from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from geogrid.boundaries import Area, Boundaries, Grid
    from geogrid.codescheme import CodeParts, CodeScheme

LAST_NUMBER = re.compile(r"(?P<before>.*?)(?P<digits>[0-9]+)(?P<after>[^0-9]*)", re.DOTALL)


def number_grids(boundaries: Boundaries, scheme: CodeScheme, *, used: Collection[str] = frozenset()) -> dict[str, str]:
    """Return the code of every grid: its own where that is valid, else the next free one of its area.

    A code is valid when it is written as the scheme says, is not another area's (see `belongs`), and no grid before it (by id)
    has it too. Grids without one are numbered area by area as in `reading_order`, the standing set before projects', larger
    grids before those inside them. The first numbering of an area begins with 1; a later one goes on as in `next_codes`.

    Parameters
    ----------
    boundaries : Boundaries
        Grids with their areas.
    scheme : CodeScheme
        How codes are written.
    used : collection of str
        Every code that was ever given; those of ``boundaries`` count without being named.

    Returns
    -------
    dict
        Code by grid id, in order of the ids. Grids without an area, or whose area has no fitting code, are left out;
        `check_codes` names them.

    Raises
    ------
    InputError
        When an area has no free number left.

    Notes
    -----
    Order "west to east and north to south within one community" as quoted from the Beijing local standard for unit grids; text
    not read, to be confirmed. The standard as quoted says nothing of rows; see `reading_order` for ours.
    """
    homes = home_areas(boundaries, scheme)
    codes = valid_codes(boundaries, scheme, homes)
    taken = _Taken({*used, *(grid.code for grid in boundaries.grids.values())}, scheme)
    waiting: defaultdict[str, list[Grid]] = defaultdict(list)
    for grid_id, area_code in _area_codes(homes, scheme).items():
        if grid_id not in codes:
            waiting[area_code].append(boundaries.grids[grid_id])
    for area_code, grids in waiting.items():
        home = homes[grids[0].grid_id]
        fresh = taken.fresh(area_code, len(grids), name=home.name if home else "")
        codes |= dict(zip(_numbered(grids, boundaries), fresh, strict=True))
    return {grid_id: codes[grid_id] for grid_id in sorted(codes)}


def next_codes(area_code: str, used: Collection[str], scheme: CodeScheme, n: int = 1, *, name: str = "") -> list[str]:
    """Return the next free codes of an area: none that was ever used.

    Numbers go on after the highest one used, so that a gap left by a grid that ended before the records began stays a gap. Only
    when the last number has been given are numbers below taken, lowest first, which nobody is known to have had.

    Parameters
    ----------
    area_code : str
        Code of the village (of the area on ``scheme.level``); "" where all grids are numbered as one.
    used : collection of str
        Every code ever given; those of other areas do not matter.
    scheme : CodeScheme
        How codes are written.
    n : int
        How many.
    name : str
        Name of the area, for the message.

    Returns
    -------
    list of str
        In order.

    Raises
    ------
    InputError
        When the code of the area does not fit the scheme, or fewer than ``n`` numbers are free.

    Examples
    --------
    >>> from geogrid.codescheme import GENERIC
    >>> next_codes("990101100001", {"990101100001001", "990101100001004"}, GENERIC, 2)
    ['990101100001005', '990101100001006']
    """
    if not scheme.takes(area_code):
        text = Text(
            "区域“{name}”的代码“{code}”不能用来给网格编码（网格代码为 {form}）；请先改正区域代码",
            "the code {code!r} of area {name!r} cannot be part of a grid's ({form}); correct the area's code first",
        )
        filled = [text.fill(name=name, code=area_code, form=form) for form in scheme.form]
        raise InputError(Text(filled[0].zh, filled[1].en))
    return _Taken(used, scheme).fresh(area_code, n, name=name)


class _Taken:
    """Running numbers that were ever given, by the code of their area."""

    def __init__(self, used: Iterable[str], scheme: CodeScheme) -> None:
        self.scheme = scheme
        self.numbers: defaultdict[str, set[int]] = defaultdict(set)
        for parts in filter(None, map(scheme.read, used)):
            self.numbers[parts.area_code].add(parts.sequence)

    def fresh(self, area_code: str, n: int, *, name: str) -> list[str]:
        """Return the next free codes of an area."""
        given, last = self.numbers[area_code], self.scheme.last
        highest = max(given, default=0)
        free = [*range(highest + 1, min(highest + n, last) + 1)]
        if len(free) < n:
            free += [number for number in range(1, highest) if number not in given][: n - len(free)]
        if len(free) < n:
            raise _exhausted(name, area_code, n, len(free), self.scheme)
        return [self.scheme.write(area_code, number) for number in free]


def _exhausted(name: str, area_code: str, n: int, free: int, scheme: CodeScheme) -> InputError:
    text = Text(
        "区域“{name}”（{code}）的顺序号 1～{last} 只剩 {free} 个未用过，需要 {n} 个；用过的号不再使用。"
        "请为该区域申请新的代码，或在配置的 code_pattern 中加长 sequence",
        "area {name!r} ({code}) has {free} of the numbers 1 to {last} left and needs {n}; no number is used twice. "
        "Get the area a new code, or give sequence more digits in the profile's code_pattern",
    )
    return InputError(text.fill(name=name or area_code, code=area_code, last=scheme.last, free=free, n=n))


def valid_codes(boundaries: Boundaries, scheme: CodeScheme, homes: Mapping[str, Area | None]) -> dict[str, str]:
    """Return the codes that grids keep, by grid id: as `number_grids` says."""
    kept: dict[str, str] = {}
    for grid in sorted(boundaries.grids.values(), key=lambda grid: grid.grid_id):
        parts = scheme.read(grid.code)
        if parts and belongs(parts, coded_area(boundaries, homes[grid.grid_id]), scheme):
            kept.setdefault(grid.code, grid.grid_id)
    return {grid_id: code for code, grid_id in kept.items()}


def belongs(parts: CodeParts, area: Area | None, scheme: CodeScheme) -> bool:
    """Return whether a code can be that of a grid in an area: the area's own code is in it, or its part begins with that.

    The latter is for areas above the scheme's level: a grid known to lie in a township may have the code of any of its villages.
    """
    if not scheme.level or area is None:
        return True
    if scheme.takes(area.code):
        return parts.area_code == area.code
    return not scheme.digits or parts.area_code.startswith(area.code)


def coded_area(boundaries: Boundaries, home: Area | None) -> Area | None:
    """Return an area if it has a code, else the nearest above it that has one."""
    if home is None or home.code:
        return home
    return next((area for area in areas_above(boundaries, home) if area.code), None)


def _area_codes(homes: Mapping[str, Area | None], scheme: CodeScheme) -> dict[str, str]:
    """Return the code of the area in which each grid is numbered, for those that can be numbered."""
    if not scheme.level:
        return dict.fromkeys(homes, "")
    return {grid_id: home.code for grid_id, home in homes.items() if home and scheme.takes(home.code)}


def home_areas(boundaries: Boundaries, scheme: CodeScheme) -> dict[str, Area | None]:
    """Return the area in which each grid is numbered, None where it lies in none.

    Of the areas above a grid, nearest first: one on the scheme's level; else one whose code fits the scheme (files call levels
    what they like); else the nearest.
    """
    return {grid_id: _home(list(areas_above(boundaries, grid)), scheme) for grid_id, grid in boundaries.grids.items()}


def _home(above: Sequence[Area], scheme: CodeScheme) -> Area | None:
    named = (area for area in above if area.level == scheme.level)
    fitting = (area for area in above if area.code and scheme.takes(area.code))
    return next(named, None) or next(fitting, None) or next(iter(above), None)


def areas_above(boundaries: Boundaries, row: Grid | Area) -> Iterable[Area]:
    """Yield the areas that a grid or area lies in, nearest first, by their stated parents, passing through larger grids."""
    met: list[Grid | Area] = [row]
    while True:
        # An area comes first: a village of one grid may share its id with the grid.
        parent = met[-1].parent_id
        area = boundaries.areas.get(parent)
        holder = area or boundaries.grids.get(parent)
        if holder is None or any(holder is one for one in met):
            return
        met.append(holder)
        if area is not None:
            yield area


def _numbered(grids: Sequence[Grid], boundaries: Boundaries) -> list[str]:
    """Return the ids of the grids of one area in the order in which they are numbered."""
    tiers: defaultdict[tuple[bool, str, int], list[Grid]] = defaultdict(list)
    for grid in grids:
        is_project = set_of(grid.grid_set) != STANDING
        tiers[is_project, grid.grid_set if is_project else "", _depth(boundaries, grid)].append(grid)
    return [grid.grid_id for tier in sorted(tiers) for grid in reading_order(tiers[tier])]


def _depth(boundaries: Boundaries, grid: Grid) -> int:
    """Return how many larger grids a grid lies in."""
    seen, above = {grid.grid_id}, grid.parent_id
    while above in boundaries.grids and above not in boundaries.areas and above not in seen:
        seen.add(above)
        above = boundaries.grids[above].parent_id
    return len(seen) - 1


class _Spot(NamedTuple):
    """Where a grid stands on the map; ``south`` is its south edge."""

    x: float
    y: float
    south: float
    grid: Grid


def reading_order(grids: Collection[Grid]) -> list[Grid]:
    """Return grids as a person reads the map: rows from north to south, in each row from west to east.

    A grid stands where its inner point is. A row begins with the northernmost grid left and takes every grid whose point is not
    south of that grid's south edge. So blocks in a row are counted along the row though none lies exactly beside the next, which
    a strict order by northing would not do, and no height of rows has to be chosen that would fit villages and towns alike.
    Grids on one spot go by id; the order of the input does not matter.

    Parameters
    ----------
    grids : collection of Grid
        With shapes in one projected CRS.

    Returns
    -------
    list of Grid
    """
    left = sorted(map(_spot, grids), key=lambda spot: (-spot.y, spot.x, spot.grid.grid_id))
    ordered: list[Grid] = []
    while left:
        row = [spot for spot in left if spot.y >= left[0].south]
        left = left[len(row) :]
        ordered += [spot.grid for spot in sorted(row, key=lambda spot: (spot.x, -spot.y, spot.grid.grid_id))]
    return ordered


def _spot(grid: Grid) -> _Spot:
    inner = shapely.point_on_surface(grid.shape)
    return _Spot(inner.x, inner.y, shapely.bounds(grid.shape)[1], grid)


def new_ids(like: Collection[str], taken: Collection[str], n: int, *, scheme: CodeScheme | None = None) -> list[str]:
    """Return ids for new grids that look like those around them and were never anyone's.

    Where all the ids are codes, the next codes are taken, of the area that has most of them. Else the commonest form among
    ``like`` is continued, its last number raised above the highest known; without any number, the first id gets ``-2``,
    ``-3`` ...

    Parameters
    ----------
    like : collection of str
        Ids of the neighbours: of the grid that is split, or of all grids of the village.
    taken : collection of str
        Every id ever used; those of ``like`` count without being named.
    n : int
        How many.
    scheme : CodeScheme, optional
        How codes are written, for ids that are codes.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        When the ids are codes and the area has too few numbers left.

    Examples
    --------
    >>> new_ids(["G07"], {"G01", "G07", "G21"}, 2), new_ids(["东岭第1网格"], (), 1), new_ids(["east"], (), 1)
    (['G22', 'G23'], ['东岭第2网格'], ['east-2'])
    """
    every = {*like, *taken}
    parts = [scheme.read(one) for one in like] if scheme else []
    if scheme and parts and all(parts):
        areas = Counter(one.area_code for one in parts if one)
        return next_codes(min(areas, key=lambda area: (-areas[area], area)), every, scheme, n)
    before, after, digits = _form(like)
    form = re.compile(re.escape(before) + "([0-9]+)" + re.escape(after))
    highest = max((int(match[1]) for match in map(form.fullmatch, every) if match), default=0)
    first = max(highest, 0 if digits else 1) + 1
    return [f"{before}{number:0{digits}d}{after}" for number in range(first, first + n)]


def _form(ids: Collection[str]) -> tuple[str, str, int]:
    """Return what stands before and after the last number in the commonest form of id, and its fewest digits (0: no number)."""
    matches = [match for match in map(LAST_NUMBER.fullmatch, ids) if match]
    if not matches:
        return (f"{min(ids)}-" if ids else "G"), "", 0 if ids else 1
    forms = Counter((match["before"], match["after"]) for match in matches)
    before, after = min(forms, key=lambda form: (-forms[form], form))
    return before, after, min(len(match["digits"]) for match in matches if (match["before"], match["after"]) == (before, after))
