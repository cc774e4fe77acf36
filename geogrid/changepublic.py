"""From the exact change sheet to the public one: counts only, and none that tells of few households.

Flows and the counts before and after are linked (after = before - out + in), and so are the public reports of both versions. So
nothing is withheld singly. Grids between which households move form a *group*, and a group's counts are shown together or not at
all. They are shown when none of its *atoms* is small, 1 to the profile's ``suppress_below``: who goes from one grid of it to
another, who stays in each, who arrived in the town or left it, and by how much the others' stated persons differ. Whatever can
be added and subtracted from what is shown is then made of atoms that are 0 or large. A group is also withheld where the public
report of either version withholds the count of one of its grids (`privacy.withheld_totals`): the sheet must not make up for what
those leave out, and tells nothing about grids beyond the group that the two reports do not.

Each measure is decided on its own, persons and ages only where households are shown; ages with what they leave of the persons.
Totals are shown when no group is withheld; otherwise only what those shown add up to, "at least". The household range is counted
over the grids whose households are shown. There is no shape of moved land in it, no coordinate and no household.

Covered shares are left out. Which covered counts a report withholds depends on planned facilities and unreached households, of
which a sheet knows nothing: it could show the very grid that a report withholds to protect another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from geogrid import changewords
from geogrid.changerows import ABOVE, BELOW, CHANGED, DETAILS, DIGITS, GONE, IN, NEW, ROLES, SAME, frame_of
from geogrid.errors import InputError
from geogrid.hierarchy import hierarchy, sum_upwards
from geogrid.people import KNOWN, Positions
from geogrid.plain import both, plain
from geogrid.privacy import MEASURES, withheld_totals
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.changerows import Cells, Side
    from geogrid.changesheet import ChangeSheet
    from geogrid.profile import Profile
    from geogrid.seating import Seated
    from geogrid.suppression import Tree

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FORMAT, VERSION = "geogrid-change-sheet", 1
"""What `PublicChangeSheet.record` says it is; the version grows when a reader would misread it."""

ALWAYS_PUBLIC = ("name", "level", "parent_id")
"""Texts of a grid that every public report shows; others only where the profile says so."""

GRID_COLUMNS = ("grid_id", "name", "change", "details", "from_ids", "to_ids", "withheld")
FLOW_COLUMNS = ("from_id", "to_id", *MEASURES[:2])
"""The first columns of the tables, which empty ones have too."""

TURNOVER = ("households_in", "households_out", "arrived", "departed")
BY_HOUSEHOLDS = ("deviation", "range")
OPEN_DATA = ("area_m2", "polsby_popper", "facilities", "facility_ids")
"""Columns that follow from boundaries and facilities, which are public."""

PARTS = (
    (0, ("households",)),
    (1, ("persons",)),
    (2, ("aged_65",)),
    (3, ("children_0_14",)),
    (2, ("persons", "aged_65")),
    (3, ("persons", "children_0_14")),
    (3, ("persons", "aged_65", "children_0_14")),
)
"""What must not be small, by the measure that is withheld if it is: the first less the others."""


@dataclass(frozen=True, eq=False)
class PublicChangeSheet:
    """What of a change sheet may leave the office; ``record`` is exactly what ``change.json`` holds."""

    record: Mapping[str, Any]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> PublicChangeSheet:
        """Take a record back, such as that of a file.

        Raises
        ------
        InputError
            When it is none, or of a newer version.

        Examples
        --------
        >>> PublicChangeSheet.of({"format": "geogrid-change-sheet", "version": 2})
        Traceback (most recent call last):
        geogrid.errors.InputError: expected a geogrid-change-sheet of version 1, found geogrid-change-sheet 2; ...
        """
        if record.get("format") != FORMAT or record.get("version") != VERSION:
            found = f"{str(record.get('format'))[:40]} {str(record.get('version'))[:10]}"
            raise InputError(_WRONG_FORMAT.fill(format=FORMAT, version=VERSION, found=found))
        return cls(record)

    @property
    def summary(self) -> Text:
        """Return what changes in one or two sentences."""
        return Text(**self.record["summary"])

    @property
    def notes(self) -> tuple[Text, ...]:
        """Return what a reader should know."""
        return tuple(Text(**note) for note in self.record["notes"])

    @property
    def totals(self) -> Mapping[str, Any]:
        """Return what changes in all."""
        totals: Mapping[str, Any] = self.record["totals"]
        return totals

    @cached_property
    def grids(self) -> pd.DataFrame:
        """Return a row per grid that changes; null where a count is withheld (``withheld``) or the grid is not there."""
        return _table(self.record["grids"], GRID_COLUMNS)

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Return from_id, to_id, households and persons, where they may be shown."""
        return _table(self.record["flows"], FLOW_COLUMNS)


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    return frame_of({name: [row[name] for row in rows] for name in (rows[0] if rows else columns)})


def public_sheet(sheet: ChangeSheet, profile: Profile) -> PublicChangeSheet:
    """Make of a change sheet what may leave the office.

    Parameters
    ----------
    sheet : ChangeSheet
        The exact one.
    profile : Profile
        Its ``suppress_below`` is the largest small count; its ``public_fields`` say which texts of a grid are public.

    Returns
    -------
    PublicChangeSheet
    """
    groups = _Groups.of(sheet, profile.suppress_below)
    rows = _grid_rows(sheet, groups, frozenset(profile.public_fields.get("grids", ())))
    flows = _flow_rows(sheet, groups)
    totals = _totals(sheet, rows, flows, groups)
    low, high, target = sheet.asked.limits
    return PublicChangeSheet(
        {
            "format": FORMAT,
            "version": VERSION,
            "tier": dict(sheet.before.tier._asdict()),
            "suppress_below": profile.suppress_below,
            "household_range": [low, high],
            "household_target": target,
            "summary": both(_summary(sheet, totals)),
            "notes": [both(text) for text in _notes(sheet, rows, profile.suppress_below)],
            "totals": totals,
            "grids": rows,
            "flows": flows,
        }
    )


@dataclass(frozen=True, eq=False)
class _Groups:
    """The group of every place, and which measures (columns) of each group are shown."""

    of_place: Ints
    shown: Flags

    @classmethod
    def of(cls, sheet: ChangeSheet, threshold: int) -> _Groups:
        """Join the places between which households move, and look for small atoms and withheld counts in each group."""
        count = len(sheet.places.ids) + 1
        start, end = sheet.streams.start, sheet.streams.end
        links = sparse.csr_array((np.ones(len(start)), (start, end)), shape=(count, count))
        groups, of_place = sparse.csgraph.connected_components(links, directed=False)
        shown = np.ones((groups, len(MEASURES)), dtype=bool)
        for places, atoms in _atoms(sheet):
            small = (np.abs(atoms) >= 1) & (np.abs(atoms) <= threshold)
            for column, (measure, _) in enumerate(PARTS):
                shown[of_place[places[small[:, column]]], measure] = False
        for side in sheet.sides:
            for measure, hidden in enumerate(_withheld(side, threshold)):
                shown[of_place[hidden], measure] = False
        return cls(of_place.astype(np.int64), shown & shown[:, :1])

    def at(self, places: Ints) -> Flags:
        """Return which measures are shown at some places."""
        shown: Flags = self.shown[self.of_place[places]]
        return shown


def _atoms(sheet: ChangeSheet) -> list[tuple[Ints, Ints]]:
    """Return the places and the `PARTS` of every atom: who moves, stays, came and left; and differences in what is stated."""
    moves, count = sheet.moves, len(sheet.places.ids) + 1
    out, into = _tally(sheet.before, moves.rows), _tally(sheet.after, moves.rows_after)
    pairs, of_mover = np.unique(moves.start * count + moves.end, return_inverse=True)
    going, coming = _added(of_mover, out, len(pairs)), _added(of_mover, into, len(pairs))
    came, left = sheet.places.of_after[sheet.after.home[moves.came]], sheet.places.of_before[sheet.before.home[moves.left]]
    arrived = _added(came, _tally(sheet.after, moves.came), count)
    departed = _added(left, _tally(sheet.before, moves.left), count)
    was, now = (_parts(np.column_stack(side.stated)) for side in sheet.sides)
    stay = was - departed - _added(moves.start, out, count)
    still = now - arrived - _added(moves.end, into, count)
    everywhere = np.arange(count)
    by_pair = [(pairs // count, atoms) for atoms in (going, coming, coming - going)]
    return by_pair + [(everywhere, atoms) for atoms in (stay, still, still - stay, arrived, departed)]


def _tally(seated: Seated, rows: Ints) -> Ints:
    return _parts(seated.people.tally[rows, : len(MEASURES)].astype(np.int64))


def _parts(tally: Ints) -> Ints:
    """Return `PARTS` of rows whose columns are the measures."""
    columns = [
        tally[:, MEASURES.index(first)] - sum(tally[:, MEASURES.index(m)] for m in others) for _, (first, *others) in PARTS
    ]
    return np.column_stack(columns).astype(np.int64)


def _added(places: Ints | Positions, rows: Ints, count: int) -> Ints:
    sums = np.zeros((count, rows.shape[1]), dtype=np.int64)
    np.add.at(sums, places, rows)
    return sums


def _withheld(side: Side, threshold: int) -> list[Positions]:
    """Return, by measure, the places whose own count the public report of this side withholds."""
    tree, grids = _tree(side.seated), len(side.seated.ids)
    leaves = np.zeros((len(tree.parent), len(MEASURES)))
    leaves[len(leaves) - grids :] = np.column_stack(side.stated)[side.of_position[:-1]]
    sums = sum_upwards(leaves, tree)
    said = [measure == MEASURES[0] or bool(side.sums[KNOWN + measure][side.present].any()) for measure in MEASURES]
    totals = {measure: sums[:, i] for i, measure in enumerate(MEASURES) if said[i]}
    hidden = withheld_totals(totals, tree, threshold=threshold)
    nowhere = np.zeros(len(leaves), dtype=bool)
    return [side.of_position[:-1][hidden.get(measure, nowhere)[len(leaves) - grids :]] for measure in MEASURES]


def _tree(seated: Seated) -> Tree:
    """Return the tree of a version's report: the total, areas inside areas, and the grids of the tiling, in their order."""
    grids = [seated.boundaries.grids[key] for key in seated.ids]
    columns = {name: [getattr(grid, name) for grid in grids] for name in ("grid_id", "name", "parent_id")}
    areas = list(seated.boundaries.areas.values())
    texts = {name: [getattr(area, name) for area in areas] for name in ("area_id", "name", "level", "parent_id")}
    return hierarchy(pd.DataFrame(columns, dtype=object), pd.DataFrame(texts, dtype=object)).tree


def _grid_rows(sheet: ChangeSheet, groups: _Groups, public: frozenset[str]) -> list[dict[str, Any]]:
    """Return a row per listed grid, with what may be shown."""
    shown, cells = groups.at(sheet.listed), _public_cells(sheet.cells, public)
    for i, measure in enumerate(MEASURES):
        columns = [f"{measure}_{when}" for when in ("before", "after")]
        if measure == MEASURES[0]:
            columns += [*TURNOVER, *(f"{name}_{when}" for name in BY_HOUSEHOLDS for when in ("before", "after"))]
        for column in columns:
            if column in cells:
                cells[column] = [value if here else None for value, here in zip(cells[column], shown[:, i].tolist(), strict=True)]
    cells["withheld"] = [bool(flags.any()) for flags in _stated(sheet.cells) & ~shown]
    rows: list[dict[str, Any]] = [dict(zip(cells, map(plain, row), strict=True)) for row in zip(*cells.values(), strict=True)]
    return [row for row in rows if sheet.is_full or row["change"] != SAME]


def _stated(cells: Cells) -> Flags:
    """Return, by grid and measure, whether there is a count that could be shown."""
    counts = [[before is not None or after is not None for before, after in _both(cells, measure)] for measure in MEASURES]
    return np.array(counts, dtype=bool).reshape(len(MEASURES), -1).T


def _both(cells: Cells, name: str) -> list[tuple[Any, Any]]:
    return list(zip(cells[f"{name}_before"], cells[f"{name}_after"], strict=True))


def _public_cells(cells: Cells, public: frozenset[str]) -> Cells:
    """Keep the columns that may be public, rounded; who works in a grid where the profile says so."""
    roles = [role for role in ROLES if role in public]
    kept = (*MEASURES, *BY_HOUSEHOLDS, *OPEN_DATA, *roles)
    names = [name for name in TURNOVER if name in cells]
    names += [f"{name}_{when}" for name in kept for when in ("before", "after")]
    details = [[text for text in texts if text in ALWAYS_PUBLIC or text in public] for texts in cells["details"]]
    own: Cells = {
        "grid_id": cells["grid_id"],
        "name": cells["name"],
        "change": [SAME if kind == DETAILS and not texts else kind for kind, texts in zip(cells["change"], details, strict=True)],
        "details": details,
        "from_ids": cells["from_ids"],
        "to_ids": cells["to_ids"],
        "withheld": [False] * len(details),
    }
    return own | {name: _rounded(name, cells[name]) for name in names}


def _rounded(name: str, values: list[Any]) -> list[Any]:
    digits = DIGITS.get(name.removesuffix("_before").removesuffix("_after"))
    return values if digits is None else [None if value is None else round(value, digits) for value in values]


def _flow_rows(sheet: ChangeSheet, groups: _Groups) -> list[dict[str, Any]]:
    """Return the flows of the groups whose households are shown; persons None where those are withheld."""
    names, streams = [*sheet.places.ids, ""], sheet.streams
    shown: list[list[bool]] = groups.at(streams.start).tolist()
    columns = sheet.before.people.columns
    households, persons = (streams.tally[:, columns.index(m)].tolist() for m in MEASURES[:2])
    return [
        {
            "from_id": names[start],
            "to_id": names[end],
            "households": households[i],
            "persons": persons[i] if shown[i][1] else None,
        }
        for i, (start, end) in enumerate(zip(streams.start.tolist(), streams.end.tolist(), strict=True))
        if shown[i][0]
    ]


def _totals(
    sheet: ChangeSheet, rows: Sequence[Mapping[str, Any]], flows: Sequence[Mapping[str, Any]], groups: _Groups
) -> dict[str, Any]:
    """Return what changes in all, as far as it may be known."""
    exact, changes = sheet.totals, [row["change"] for row in rows]
    shown = [bool(flags.all()) for flags in groups.at(np.flatnonzero(sheet.touched)).T]
    at_least = {m: sum(flow[m] or 0 for flow in flows) for m in MEASURES[:2]}
    totals: dict[str, Any] = {
        "grids_before": exact["grids_before"],
        "grids_after": exact["grids_after"],
        "grids_changed": sum(change in CHANGED for change in changes),
        "grids_new": changes.count(NEW),
        "grids_gone": changes.count(GONE),
        **{f"{m}_moved": at_least[m] if shown[i] else None for i, m in enumerate(MEASURES[:2])},
        **{f"{m}_moved_at_least": at_least[m] for m in MEASURES[:2]},
    }
    if sheet.is_of_others:
        totals |= {f"households_{name}": exact[f"households_{name}"] if shown[0] else None for name in ("arrived", "departed")}
    counts = {when: [row[f"range_{when}"] for row in rows] for when in ("before", "after")}
    totals["grids_shown"] = sum(any(pair) for pair in zip(*counts.values(), strict=True))
    return totals | {f"range_{when}": {at: found.count(at) for at in (BELOW, IN, ABOVE)} for when, found in counts.items()}


def _summary(sheet: ChangeSheet, totals: Mapping[str, Any]) -> Text:
    """Say what changes as far as it may be known."""
    if not totals["grids_changed"] and not sheet.touched.any():
        return changewords.NOTHING
    parts = [changewords.join(changewords.grids_changed(totals), changewords.AND, _moved(totals))]
    if totals["grids_shown"]:
        outside = changewords.out_of_range(sheet.asked.limits, totals["range_before"], totals["range_after"])
        parts.append(changewords.join(_AMONG_SHOWN, outside))
    return changewords.sentence([*parts, *([] if sheet.is_of_others else [_COVERAGE_STAYS])])


def _moved(totals: Mapping[str, Any]) -> Text:
    """Say how many households change grid, or at least how many."""
    if totals["households_moved"] is not None:
        return changewords.households_moved(totals["households_moved"], totals["persons_moved"])
    if not totals["households_moved_at_least"]:
        return _NOT_TOLD
    return changewords.join(_AT_LEAST, changewords.households_moved(totals["households_moved_at_least"], None))


def _notes(sheet: ChangeSheet, rows: Sequence[Mapping[str, Any]], threshold: int) -> list[Text]:
    """Say what is withheld and why, and what is given to no grid."""
    hidden = sum(row["withheld"] for row in rows)
    told = [_WITHHELD.fill(n=hidden, threshold=threshold)] if hidden else []
    told += [_NO_SHARES] if rows and any(side.covered for side in sheet.sides) else []
    left_over = sheet.totals["unassigned_m2_after"]
    return told + ([changewords.UNASSIGNED.fill(area=f"{left_over:,.0f}")] if left_over > 0 else [])


_WRONG_FORMAT = Text(
    "应为 {format} 第 {version} 版，实为 {found}；请用生成它的版本打开，或重新导出。",
    "expected a {format} of version {version}, found {found}; open it with the version that wrote it, or export it again",
)
_NOT_TOLD = Text("换网格的户数不公开", "how many households change grid is withheld")
_AT_LEAST = Text("至少 ", "at least ")
_AMONG_SHOWN = Text("变动且可公开的网格中，", "of the changed grids that can be shown, ")
_COVERAGE_STAYS = Text("每户能否到达各项服务不变", "who reaches which service stays as it is")
_NO_SHARES = Text(
    "本表不列各网格的覆盖率：与公开报告相减会推出报告隐去的小数；公开的覆盖率见各版公开报告。",
    "covered shares by grid are not shown here: with the public reports they would tell small counts that those withhold; see "
    "the public report of each version",
)
_WITHHELD = Text(
    "{n} 个网格有未公开的数：为保护住户，1 至 {threshold} 的数及能推算出它们的数不公开。",
    "{n} grids have withheld counts: to protect households, counts from 1 to {threshold} and what would tell them are not shown",
)
