"""Shares (分片包干): the households of a grid divided among its members, near-equal shares of land that hangs together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment

from geogrid.balance import METHOD
from geogrid.balancetown import land_of_grids, town_of
from geogrid.balancewords import Obstacle
from geogrid.balancing.making import piece_of_each, pieces_of
from geogrid.balancing.shares import share_out
from geogrid.contracting import only
from geogrid.errors import InputError
from geogrid.officeplans import require_grids
from geogrid.provenance import Provenance, table_hash
from geogrid.solver import solver_name
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from geogrid.balancetown import Town
    from geogrid.balancing.pieces import Ints, Pieces
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
        Who gets a share: a role of the staff table.
    seed : int
    """

    grids: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    role: str = "member"
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Shares:
    """Households shared out. Private.

    Attributes
    ----------
    households : DataFrame
        household_id, grid_id, staff_id, staff_before ("" for nobody): of every household in a grid that was shared out.
    shares : GeoDataFrame
        A row for each share: grid_id, staff_id, name, households, persons; polygons that tile the grid.
    today : GeoDataFrame
        The grids, with households and members.
    table : GeoDataFrame
        The whole table of households with the new staff_id, for ``geogrid import``.
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
        Its staff table says who is a member of which grid.
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
    town = town_of(workspace, within=asked.within)
    staff = workspace.read("staff", version=town.version)
    require_grids(town.base, asked.grids)
    members = members_of(staff, asked.role)
    grids = [key for key in (asked.grids or town.grid_ids) if key in members]
    if not grids:
        raise InputError(_NO_MEMBERS.fill(role=asked.role))
    pieces, home = _pieces(town, grids, members)
    before = _claimed(town)
    owner, obstacles = _owners(pieces, home, grids, (members, before), (asked, town, effort))
    names = {str(row.staff_id): str(row.name) for row in staff[["staff_id", "name"]].itertuples(index=False)}
    return _told(town, asked, (pieces, home, owner, before), (grids, members, names), (obstacles, effort, staff))


def members_of(staff: pd.DataFrame, role: str) -> dict[str, list[str]]:
    """Return the ids of those who have a role in a grid, by grid, in order.

    Examples
    --------
    >>> rows = {"staff_id": ["b", "a"], "role": ["member"] * 2, "of_kind": ["grid"] * 2, "of_id": ["G1", "G1"]}
    >>> members_of(pd.DataFrame(rows), "member")
    {'G1': ['a', 'b']}
    """
    if not len(staff):
        return {}
    rows = staff[(staff["of_kind"] == "grid") & (staff["role"] == role)]
    return {str(key): sorted(map(str, mine["staff_id"])) for key, mine in rows.groupby("of_id")}


def _pieces(town: Town, grids: Sequence[str], members: Mapping[str, Sequence[str]]) -> tuple[Pieces, Ints]:
    """Return the pieces of the grids, and the piece of every household (-1: in none)."""
    land = land_of_grids(town, grids)
    many = sum(len(members[key]) for key in grids)
    inside = sum(len(town.seated.rows_in(key)) for key in grids)
    pieces = pieces_of(land, finest=max(1, inside // (many * FINER_SHARE)))
    home = np.full(len(town.seated.people), -1, dtype=np.int64)
    home[np.isfinite(town.seated.people.homes.xy[0])] = piece_of_each(pieces, land)
    return pieces, home


def _claimed(town: Town) -> Names:
    frame = town.tables["households"]
    if "staff_id" not in frame:
        return np.full(len(frame), "", dtype=object)
    return np.asarray(frame["staff_id"].astype("string").fillna(""), dtype=object)


def _owners(
    pieces: Pieces, home: Ints, grids: Sequence[str], people: tuple[Mapping[str, Sequence[str]], Names], said: Any
) -> tuple[Names, list[Obstacle]]:
    """Return who gets each piece, and the grids that cannot be shared out."""
    (members, before), (asked, town, effort) = people, said
    owner = np.full(len(pieces), "", dtype=object)
    obstacles: list[Obstacle] = []
    for number, key in enumerate(grids):
        mine = np.flatnonzero(pieces.area == number)
        part = only(pieces, pieces.area == number)
        if np.count_nonzero(part.households) < len(members[key]):
            obstacles.append(_too_few(town, key, len(members[key]), part))
            continue
        labels = share_out(part, len(members[key]), seed=asked.seed, effort=effort).part
        owner[mine] = np.array(_named(labels, mine, home, members[key], before), dtype=object)[labels]
        effort.report((number + 1) / len(grids))
    return owner, obstacles


def _named(labels: Ints, mine: Ints, home: Ints, members: Sequence[str], before: Names) -> list[str]:
    """Give every share to the member who has most of its households today."""
    at = np.full(max(int(home.max(initial=-1)), int(mine.max())) + 2, -1)
    at[mine] = labels
    share = at[home]
    table = np.zeros((len(members), len(members)))
    for j, person in enumerate(members):
        table[:, j] = np.bincount(share[(before == person) & (share >= 0)], minlength=len(members))[: len(members)]
    rows, columns = linear_sum_assignment(table, maximize=True)
    return [members[j] for _, j in sorted(zip(rows.tolist(), columns.tolist(), strict=True))]


def _too_few(town: Town, key: str, members: int, part: Pieces) -> Obstacle:
    grid = town.base.grids[key]
    numbers = {"members": members, "households": int(part.households.sum()), "pieces": int(np.count_nonzero(part.households))}
    return Obstacle(key, grid.name or key, "few", _FEW.fill(**numbers), (_FEWER,), numbers, shape=grid.shape)


def _told(town: Town, asked: SharesAsked, found: Any, known: Any, rest: Any) -> Shares:
    """Assemble what came out."""
    (pieces, home, owner, before), (grids, members, names), (obstacles, effort, staff) = found, known, rest
    inside = home >= 0
    given = np.full(len(home), "", dtype=object)
    given[inside] = owner[home[inside]]
    rows = np.flatnonzero(given != "")
    grid_of = np.array(grids, dtype=object)[pieces.area[home[rows]]]
    households = pd.DataFrame(
        {
            "household_id": town.seated.people.household_ids[rows],
            "grid_id": grid_of,
            "staff_id": given[rows],
            "staff_before": before[rows],
        }
    )
    shares = _shares(town, pieces, owner, (grids, names), (home, given))
    table = town.tables["households"].assign(staff_id=np.where(given != "", given, before))
    table["staff_id"] = table["staff_id"].replace("", pd.NA)
    own = households["staff_id"].to_numpy() != households["staff_before"].to_numpy()
    moved = int((own & (households["staff_before"].to_numpy() != "")).sum())
    figures = _figures(shares) | {"households_moved": moved, "moved_share": moved / max(len(rows), 1)}
    provenance = Provenance(
        "shares",
        town.hashes | {"staff": table_hash(staff)},
        {"grids": list(asked.grids), "within": list(asked.within), "role": asked.role, "work": effort.work},
        f"{METHOD}; {solver_name()}",
        seed=asked.seed,
        work={"pieces": len(pieces), "grids": len(grids)},
        seconds=effort.spent,
        stopped=effort.stopped,
    )
    return Shares(asked, town, households, shares, _grids(town, grids, members), table, tuple(obstacles), figures, provenance)


def _shares(town: Town, pieces: Pieces, owner: Names, said: Any, people: Any) -> gpd.GeoDataFrame:
    (grids, names), (home, given) = said, people
    persons = np.nan_to_num(town.seated.people.counts["persons"])
    told = []
    for number, key in enumerate(grids):
        area = pieces.area == number
        for person in sorted({*owner[area]} - {""}):
            mine = area & (owner == person)
            rows = (given == person) & (home >= 0) & mine[home]
            shape = shapely.coverage_union_all(_shapes_of(pieces)[mine])
            counts = {"households": int(rows.sum()), "persons": int(persons[rows].sum())}
            told.append({"grid_id": key, "staff_id": person, "name": names.get(person, person), **counts, "geometry": shape})
    columns = ["grid_id", "staff_id", "name", "households", "persons", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(told, columns=columns), geometry="geometry", crs=town.base.crs)


def _shapes_of(pieces: Pieces) -> Any:
    return pieces.shapes


def _grids(town: Town, grids: Sequence[str], members: Mapping[str, Sequence[str]]) -> gpd.GeoDataFrame:
    rows = [
        {
            "grid_id": key,
            "name": town.base.grids[key].name or key,
            "households": len(town.seated.rows_in(key)),
            "members": len(members[key]),
            "geometry": town.base.grids[key].shape,
        }
        for key in grids
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=town.base.crs)


def _figures(shares: gpd.GeoDataFrame) -> dict[str, float | None]:
    """Return the smallest and largest share, and by how much the largest exceeds the mean of its grid at most."""
    if not len(shares):
        return {"grids": 0}
    mean = shares.groupby("grid_id")["households"].transform("mean")
    over = float((shares["households"] / mean.where(mean > 0, 1)).max() - 1)
    counts = shares["households"]
    return {"grids": len(shares), "smallest": int(counts.min()), "largest": int(counts.max()), "largest_over": over}


_NO_MEMBERS = Text(
    "没有岗位为“{role}”、属于这些网格的人员；请先导入人员（staff：of_kind=grid）。",
    "nobody with the role {role!r} belongs to these grids; bring in the staff table (of_kind = grid).",
)
_FEW = Text(
    "有 {members} 名成员，住户 {households} 户在 {pieces} 处，分不出那么多片。",
    "{members} members, but {households} households in {pieces} places: not as many shares can be made.",
)
_FEWER = Text("减少成员，或与相邻网格合起来分片", "fewer members, or share it out together with a grid next to it")
