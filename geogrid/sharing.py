"""Shares (分片包干): the households of a grid divided among its members, near-equal shares of land that hangs together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment

from geogrid.balance import METHOD
from geogrid.balanceasked import require
from geogrid.balancetown import land_of_grids, town_of
from geogrid.balancewords import Obstacle
from geogrid.balancing.making import piece_of_each, pieces_of
from geogrid.balancing.shares import share_out
from geogrid.changestaff import duties_in
from geogrid.contracting import only
from geogrid.errors import InputError
from geogrid.handing import names_of
from geogrid.officeplans import require_grids
from geogrid.provenance import Provenance, table_hash
from geogrid.solver import solver_name
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from geogrid.balancetown import Town
    from geogrid.balancing.pieces import Ints, Pieces
    from geogrid.changestaff import Duty
    from geogrid.effort import Effort
    from geogrid.store import Workspace

    Names = npt.NDArray[np.object_]

FINER_SHARE = 5
"""A share is made of at least so many pieces, where households allow it."""


@dataclass(frozen=True)
class SharesAsked:
    """What is asked of `propose_shares`.

    Attributes
    ----------
    grids : tuple of str
        Which grids; those of ``within``, or all, where none is named.
    within : tuple of str
        Areas whose grids are shared out.
    role : str
        Who gets a share: a role of the staff table, or of the grids' own columns (leader, member).
    seed : int
    parts : int or None
        So many shares in each grid, whoever works there: for those people as far as they go, the rest only numbered.
    """

    grids: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    role: str = "member"
    seed: int = 0
    parts: int | None = None


@dataclass(frozen=True, eq=False)
class Shares:
    """Households shared out. Private.

    Attributes
    ----------
    households : DataFrame
        household_id, grid_id, share_id, name, staff_id, staff_before ("" for nobody): of every household in a grid that was
        shared out.
    shares : GeoDataFrame
        A row for each share: share_id, grid_id, staff_id ("" where only a name or nobody is known), name (the share's id where
        nobody is known), households, persons; polygons that tile the grid.
    today : GeoDataFrame
        The grids, with households and members.
    table : GeoDataFrame
        The whole table of households with the new staff_id, for ``geogrid import``; no row where no share has a staff id.
    obstacles : tuple of Obstacle
        Grids that could not be shared out.
    figures : mapping
    provenance : Provenance
    """

    asked: SharesAsked
    town: Town = field(repr=False)
    households: pd.DataFrame = field(repr=False)
    shares: gpd.GeoDataFrame = field(repr=False)
    today: gpd.GeoDataFrame = field(repr=False)
    table: gpd.GeoDataFrame = field(repr=False)
    obstacles: tuple[Obstacle, ...]
    figures: Mapping[str, float | None]
    provenance: Provenance
    notes: tuple[Text, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Return it as plain values for JSON: no household."""
        rows = self.shares.drop(columns="geometry").to_dict("records")
        told = {"provenance": self.provenance.to_record(), "figures": dict(self.figures)}
        return told | {"shares": rows, "obstacles": [each.to_record() for each in self.obstacles]}


def propose_shares(workspace: Workspace, asked: SharesAsked, effort: Effort) -> Shares:
    """Divide the households of grids among their members.

    Parameters
    ----------
    workspace : Workspace
        Its staff table, and leader and member of the grids, say who works in which grid.
    asked : SharesAsked
    effort : Effort

    Returns
    -------
    Shares
        The members who have most of a share's households today go on with it.

    Raises
    ------
    InputError, NotFoundError
        When there are no such members or grids.
    """
    require(asked.parts is None or asked.parts >= 1, _NO_PARTS.fill(parts=asked.parts))
    town = town_of(workspace, within=asked.within)
    staff = workspace.read("staff", version=town.version)
    require_grids(town.base, asked.grids)
    ids = asked.grids or town.grid_ids
    members = members_of(duties_in([town.base.grids[key] for key in ids], staff), asked.role)
    grids = [key for key in ids if asked.parts or key in members]
    if not grids:
        raise InputError(_NO_MEMBERS.fill(role=asked.role))
    counts = {key: asked.parts or len(members[key]) for key in grids}
    pieces, home = _pieces(town, counts)
    cut = _Cut(pieces, home, _claimed(town), counts, members)
    given, obstacles = _given(town, cut, asked, effort)
    notes = _notes(given, [key for key in ids if key not in counts])
    return _told((asked, town), cut, given, (tuple(obstacles), notes, effort, staff))


def members_of(duties: Mapping[str, Sequence[Duty]], role: str) -> dict[str, list[Duty]]:
    """Return those who have a role in a grid, by grid, each once, in the order of their ids and names.

    Examples
    --------
    >>> from geogrid.changestaff import Duty
    >>> rows = [Duty("G1", "member", "乙", "b"), Duty("G1", "member", "甲", "a"), Duty("G1", "leader", "丙", "c")]
    >>> [each.name for each in members_of({"G1": rows}, "member")["G1"]]
    ['甲', '乙']
    """
    found = {
        key: sorted(
            {each.staff_id or each.name: each for each in mine if each.role == role}.values(), key=lambda each: each[::-1]
        )
        for key, mine in duties.items()
    }
    return {key: mine for key, mine in found.items() if mine}


class _Cut(NamedTuple):
    """Grids cut in pieces: the piece and the person of every household today, the shares of each grid, and who works there."""

    pieces: Pieces
    home: Ints
    before: Names
    counts: Mapping[str, int]
    members: Mapping[str, Sequence[Duty]]


class _Given(NamedTuple):
    """The share of each piece ("" for none), whose share that is, and who is left without one."""

    share: Names
    whose: dict[str, Duty]
    without: list[Duty]


def _pieces(town: Town, counts: Mapping[str, int]) -> tuple[Pieces, Ints]:
    """Return the pieces of the grids, and the piece of every household (-1: in none)."""
    land = land_of_grids(town, list(counts))
    inside = sum(len(town.seated.rows_in(key)) for key in counts)
    pieces = pieces_of(land, finest=max(1, inside // (sum(counts.values()) * FINER_SHARE)))
    home = np.full(len(town.seated.people), -1, dtype=np.int64)
    home[np.isfinite(town.seated.people.homes.xy[0])] = piece_of_each(pieces, land)
    return pieces, home


def _claimed(town: Town) -> Names:
    frame = town.tables["households"]
    if "staff_id" not in frame:
        return np.full(len(frame), "", dtype=object)
    return np.asarray(frame["staff_id"].astype("string").fillna(""), dtype=object)


def _given(town: Town, cut: _Cut, asked: SharesAsked, effort: Effort) -> tuple[_Given, list[Obstacle]]:
    """Return which share each piece belongs to, and the grids that cannot be shared out."""
    given = _Given(np.full(len(cut.pieces), "", dtype=object), {}, [])
    obstacles: list[Obstacle] = []
    for number, (key, count) in enumerate(cut.counts.items()):
        mine = np.flatnonzero(cut.pieces.area == number)
        part = only(cut.pieces, cut.pieces.area == number)
        if np.count_nonzero(part.households) < count:
            obstacles.append(_too_few(town, key, count, part))
            continue
        labels = share_out(part, count, seed=asked.seed, effort=effort).part
        people = cut.members.get(key, ())
        whose = _matched(labels, mine, cut, (people, count))
        ids = _numbered(key, whose, count)
        given.share[mine] = np.array(ids, dtype=object)[labels]
        given.whose.update({ids[label]: people[j] for label, j in whose.items()})
        given.without.extend(people[j] for j in sorted({*range(len(people))} - {*whose.values()}))
        effort.report((number + 1) / len(cut.counts))
    return given, obstacles


def _matched(labels: Ints, mine: Ints, cut: _Cut, said: tuple[Sequence[Duty], int]) -> dict[int, int]:
    """Give shares to people: each to whoever has most of its households today; return the person by share."""
    people, count = said
    at = np.full(max(int(cut.home.max(initial=-1)), int(mine.max())) + 2, -1)
    at[mine] = labels
    share = at[cut.home]
    table = np.zeros((count, len(people)))
    for j, person in enumerate(people):
        has = (cut.before == person.staff_id) & (share >= 0) & (person.staff_id != "")
        table[:, j] = np.bincount(share[has], minlength=count)[:count]
    rows, columns = linear_sum_assignment(table, maximize=True)
    return dict(zip(rows.tolist(), columns.tolist(), strict=True))


def _numbered(key: str, whose: Mapping[int, int], count: int) -> list[str]:
    """Return the id of each share: numbered by person, then those of nobody."""
    order = sorted(range(count), key=lambda label: (whose.get(label, count), label))
    return [f"{key}-{order.index(label) + 1}" for label in range(count)]


def _notes(given: _Given, left_out: Sequence[str]) -> tuple[Text, ...]:
    """Name the grids nobody is known in, and people for whom there is no share."""
    notes = [_LEFT_OUT.fill(n=len(left_out), grids=names_of(left_out))] if left_out else []
    if given.without:
        notes.append(_WITHOUT.fill(names=names_of([f"{each.name} ({each.grid_id})" for each in given.without])))
    return tuple(notes)


def _too_few(town: Town, key: str, shares: int, part: Pieces) -> Obstacle:
    grid = town.base.grids[key]
    numbers = {"members": shares, "households": int(part.households.sum()), "pieces": int(np.count_nonzero(part.households))}
    return Obstacle(key, grid.name or key, "few", _FEW.fill(**numbers), (_FEWER,), numbers, shape=grid.shape)


def _told(said: tuple[SharesAsked, Town], cut: _Cut, given: _Given, rest: Any) -> Shares:
    """Assemble what came out."""
    (asked, town), (obstacles, notes, effort, staff) = said, rest
    share = np.append(given.share, "")[cut.home]
    shares = _shares(town, cut, given, share)
    rows = np.flatnonzero(share != "")
    households = _by_household(town, shares, share, rows).assign(staff_before=cut.before[rows])
    own = households["staff_id"].to_numpy() != households["staff_before"].to_numpy()
    moved = int((own & (households["staff_before"].to_numpy() != "") & (households["staff_id"].to_numpy() != "")).sum())
    figures = _figures(shares) | {"reassigned": moved}
    provenance = Provenance(
        "shares",
        town.hashes | ({"staff": table_hash(staff)} if len(staff) else {}),
        {"grids": list(asked.grids), "within": list(asked.within), "role": asked.role, "parts": asked.parts, "work": effort.work},
        f"{METHOD}; {solver_name()}",
        seed=asked.seed,
        work={"pieces": len(cut.pieces), "grids": len(cut.counts)},
        seconds=effort.spent,
        stopped=effort.stopped,
    )
    table = _filled(town, households, cut.before, rows)
    return Shares(asked, town, households, shares, _grids(town, cut.counts), table, obstacles, figures, provenance, notes)


def _by_household(town: Town, shares: gpd.GeoDataFrame, share: Names, rows: Ints) -> pd.DataFrame:
    """Return to which share and person every household belongs."""
    known = shares.set_index("share_id")[["grid_id", "name", "staff_id"]].loc[share[rows]].reset_index()
    known.insert(0, "household_id", town.seated.people.household_ids[rows])
    return known[["household_id", "grid_id", "share_id", "name", "staff_id"]]


def _filled(town: Town, households: pd.DataFrame, before: Names, rows: Ints) -> gpd.GeoDataFrame:
    """Return the table of households with who is responsible by staff id; no row where nobody has one."""
    table = town.tables["households"]
    ids = households["staff_id"].to_numpy(dtype=object)
    if not (ids != "").any():
        return table[:0]
    filled = before.copy()
    filled[rows] = np.where(ids != "", ids, before[rows])
    return table.assign(staff_id=pd.Series(filled, index=table.index).replace("", pd.NA))


def _shares(town: Town, cut: _Cut, given: _Given, share: Names) -> gpd.GeoDataFrame:
    persons, grids = np.nan_to_num(town.seated.people.counts["persons"]), list(cut.counts)
    told = []
    for each in sorted({*given.share} - {""}, key=_in_order):
        mine, rows = given.share == each, share == each
        person = given.whose.get(each)
        told.append(
            {
                "share_id": each,
                "grid_id": grids[int(cut.pieces.area[mine][0])],
                "staff_id": person.staff_id if person else "",
                "name": person.name or person.staff_id if person else each,
                "households": int(rows.sum()),
                "persons": int(persons[rows].sum()),
                "geometry": shapely.coverage_union_all(_shapes_of(cut.pieces)[mine]),
            }
        )
    columns = ["share_id", "grid_id", "staff_id", "name", "households", "persons", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(told, columns=columns), geometry="geometry", crs=town.base.crs)


def _in_order(share_id: str) -> tuple[str, int]:
    grid, _, number = share_id.rpartition("-")
    return grid, int(number)


def _shapes_of(pieces: Pieces) -> Any:
    return pieces.shapes


def _grids(town: Town, counts: Mapping[str, int]) -> gpd.GeoDataFrame:
    rows = [
        {
            "grid_id": key,
            "name": town.base.grids[key].name or key,
            "households": len(town.seated.rows_in(key)),
            "members": count,
            "geometry": town.base.grids[key].shape,
        }
        for key, count in counts.items()
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=town.base.crs)


def _figures(shares: gpd.GeoDataFrame) -> dict[str, float | None]:
    """Return the smallest and largest share, and by how much the largest exceeds the mean of its grid at most."""
    if not len(shares):
        return {"shares": 0}
    mean = shares.groupby("grid_id")["households"].transform("mean")
    over = float((shares["households"] / mean.where(mean > 0, 1)).max() - 1)
    counts = shares["households"]
    sizes = {"smallest_share": int(counts.min()), "largest_share": int(counts.max())}
    return {"shares": len(shares), **sizes, "over_mean": over}


_NO_PARTS = Text("片数 {parts} 不能用：至少 1。", "{parts} shares cannot be: at least 1.")
_NO_MEMBERS = Text(
    "没有岗位为“{role}”、属于这些网格的人员。请导入人员（staff：of_kind=grid），或在网格表里填网格长、网格员，"
    "或用 --parts N 先分成几片。",
    "nobody with the role {role!r} belongs to these grids. Bring in the staff table (of_kind = grid), fill in the grids' leader "
    "and member, or give --parts N for so many shares of nobody yet.",
)
_LEFT_OUT = Text(
    "{n} 个网格没有这种人员，没有分片：{grids}。要先分片再定人，请用 --parts N。",
    "{n} grids have nobody of this role and were left out: {grids}. Give --parts N to share them out before people are known.",
)
_WITHOUT = Text("人比片多，没有分到的：{names}。", "more people than shares; without one: {names}.")
_FEW = Text(
    "要分 {members} 片，住户 {households} 户在 {pieces} 处，分不出那么多。",
    "{members} shares are wanted, but {households} households in {pieces} places do not make as many.",
)
_FEWER = Text(
    "减少片数或人数，或与相邻网格合起来分片", "fewer shares or members, or share it out together with a grid next to it"
)
