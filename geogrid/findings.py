"""What looks wrong with street data: loose pieces, near misses, crossings without a junction, bare stretches, unused streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geogrid.errors import CrsError, InputError
from geogrid.misses import near_misses
from geogrid.vertices import Segments, crossings, levels, numbered, ordered_ends, places, segments
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.results import Network, Placement

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

KINDS = ("piece", "near_miss", "crossing", "bare", "unused")
COLUMNS = ("finding_id", "kind", "households", "persons", "metres", "road_ids", "note_zh", "note_en", "geometry")
LATTICE_M = 100.0
"""Bare stretches are drawn as whole squares of this width, on whole multiples of it."""
ONE_PLACE_M = 0.01
"""Crossings nearer to each other than about this are one."""

NOTES = {
    "piece": Text(
        "与最大一片街道不相连，{households} 户只能走到这一片之内",
        "not joined to the largest piece of streets; {households} households get no farther than this piece",
    ),
    "near_miss": Text(
        "断头处离另一条街道 {metres:.2f} 米，没有相连", "ends {metres:.2f} m from another street without joining it"
    ),
    "crossing": Text("两条街道在同一层面交叉，却没有路口", "two streets cross on one level without a junction"),
    "bare": Text(
        "{households} 户离最近的街道超过 {limit:g} 米（中位数 {metres:.0f} 米）",
        "{households} households are more than {limit:g} m from every street (median {metres:.0f} m)",
    ),
    "unused": Text(
        "没有住户在此，也没有住户去最近设施时经过", "no household stands on it or passes it on the way to a nearest facility"
    ),
}


@dataclass(frozen=True)
class Limits:
    """From where on street data is suspect.

    ``near_m``: how near a dead end comes to a street that it misses. ``meets_within_m``: it is no miss where the two meet within
    so many metres along the streets. ``bare_m``: farther than this from every street, a household lies on a bare stretch;
    ``bare_households``: fewer than this are none.
    """

    near_m: float = 5.0
    meets_within_m: float = 50.0
    bare_m: float = 100.0
    bare_households: int = 10


@dataclass(frozen=True, eq=False)
class _Streets:
    """A network's segments drawn, with level and piece of each (-1 where blocked), and the people on each piece."""

    network: Network
    parts: Segments
    level: Ints
    piece: Ints
    households: Ints
    persons: Ints


def street_findings(
    network: Network,
    roads: gpd.GeoDataFrame,
    households: gpd.GeoDataFrame,
    placement: Placement,
    *,
    use: gpd.GeoDataFrame | None = None,
    limits: Limits | None = None,
) -> gpd.GeoDataFrame:
    """List what looks wrong with the streets, and whom it concerns.

    Parameters
    ----------
    network
        The streets of one mode.
    roads
        The streets that it was built from; layer, bridge and tunnel are read.
    households
        Points in the network's CRS, with ``persons``.
    placement
        Where they stand on the network.
    use
        How much each street is used, from ``usage.by_street``; None leaves unused streets out.
    limits
        From where on something is suspect.

    Returns
    -------
    GeoDataFrame
        Columns ``COLUMNS``, by kind and then by households, worst first:

        - ``piece``: every connected piece but the largest. households and persons that hang on it, metres of street.
        - ``near_miss``: a dead end near a street of its own level that it does not join and does not meet soon. metres of the
          missing link, which is the geometry; households and persons that it would join to a larger piece.
        - ``crossing``: streets of one level that cross or touch without a common vertex. metres NaN; people as above.
        - ``bare``: squares where households lie far from every street. metres: median distance.
        - ``unused``: streets on nobody's way, with nobody on them. metres of street.

    Raises
    ------
    CrsError
        The tables are not in the network's CRS.
    InputError
        Not one place per household, or a limit is negative.

    Examples
    --------
    >>> from geogrid.network import build_network
    >>> from geogrid.results import Placement
    >>> lines = [shapely.LineString([(0, 0), (200, 0)]), shapely.LineString([(100, 3), (100, 80)])]
    >>> roads = gpd.GeoDataFrame({"road_id": ["a", "b"]}, geometry=lines, crs=4548)
    >>> homes = gpd.GeoDataFrame({"persons": [3]}, geometry=[shapely.Point(101, 50)], crs=4548)
    >>> there = Placement(np.array([1]), np.array([47.0]), np.array([1.0]))
    >>> found = street_findings(build_network(roads), roads, homes, there)
    >>> found[["finding_id", "households", "metres", "road_ids"]].values.tolist()
    [['piece-1', 1, 77.0, ('b',)], ['near_miss-1', 1, 3.0, ('b', 'a')]]
    """
    limits = limits or Limits()
    _check(network, (roads, households), placement, limits)
    streets = _streets(network, roads, households, placement)
    dead_ends = np.flatnonzero(np.bincount(np.concatenate([network.tail, network.head]), minlength=len(network.x)) == 1)
    found = [
        _pieces(streets),
        _near_misses(streets, dead_ends, limits),
        _crossings(streets, dead_ends),
        _bare(households, placement, limits),
        _unused(use),
    ]
    return _table(found, network.crs, limits)


def _check(network: Network, tables: Sequence[gpd.GeoDataFrame], placement: Placement, limits: Limits) -> None:
    if any(table.crs != network.crs for table in tables):
        text = Text(
            "街道、住户与路网的坐标系必须相同；请先用 geogrid.crs.project 转换",
            "streets, households and network must be in one CRS: use geogrid.crs.project",
        )
        raise CrsError(text)
    if len(tables[1]) != len(placement.segment):
        text = Text(
            "住户 {n} 行，街道位置 {m} 行，应逐行对应", "{n} households and {m} places on streets; give one place per household"
        )
        raise InputError(text.fill(n=len(tables[1]), m=len(placement.segment)))
    for name in Limits.__dataclass_fields__:
        if not 0 <= getattr(limits, name) < np.inf:
            text = Text("{name} = {value} 无效；应为不小于 0 的数", "{name} = {value} is not usable; give a number from 0 up")
            raise InputError(text.fill(name=name, value=getattr(limits, name)))


def _streets(network: Network, roads: gpd.GeoDataFrame, households: gpd.GeoDataFrame, placement: Placement) -> _Streets:
    number = np.arange(len(network.tail))
    ends = [np.column_stack([network.x[at], network.y[at]]) for at in (network.tail, network.head)]
    parts = Segments(number, np.zeros_like(number), ends[0], ends[1])
    open_ = np.isfinite(network.forward_m) | np.isfinite(network.backward_m)
    piece = np.where(open_, network.component[network.tail], -1)
    of_home = np.append(piece, -1)[placement.segment]
    counted, pieces = of_home >= 0, int(network.component.max()) + 1
    persons = households["persons"].to_numpy(dtype=np.int64)
    return _Streets(
        network=network,
        parts=parts,
        level=_segment_levels(network, parts, roads),
        piece=piece,
        households=np.bincount(of_home[counted], minlength=pieces),
        persons=np.bincount(of_home[counted], weights=persons[counted], minlength=pieces).astype(np.int64),
    )


def _segment_levels(network: Network, parts: Segments, roads: gpd.GeoDataFrame) -> Ints:
    """Return a number of each segment's level, from the street of its id with that segment; the lowest of several."""
    lines = roads.explode(ignore_index=True)
    own = segments(lines.geometry.to_numpy())
    ids = lines["road_id"] if "road_id" in lines.columns else lines.index.to_series()
    known = _keyed(own, ids.astype(str).to_numpy(dtype=object)[own.line]).assign(level=numbered(levels(lines))[own.line])
    known = known.sort_values("level").drop_duplicates(list("abcdr"))
    found = _keyed(parts, network.road_id).merge(known, how="left", on=list("abcdr"))["level"]
    return np.asarray(found.fillna(-1), dtype=np.int64)


def _keyed(parts: Segments, road_id: npt.NDArray[np.object_]) -> pd.DataFrame:
    """Return ends, the smaller first, and street of segments."""
    return pd.DataFrame(ordered_ends(parts.start, parts.end), columns=list("abcd")).assign(r=road_id)


def _rows(kind: str, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"kind": kind, **columns})


def _pieces(streets: _Streets) -> pd.DataFrame:
    """List every connected piece but the largest."""
    network = streets.network
    rows = np.flatnonzero(streets.piece > 0)
    piece, number = np.unique(streets.piece[rows], return_inverse=True)
    order = np.argsort(number, kind="stable")
    drawn = shapely.multilinestrings(streets.parts.drawn()[rows][order], indices=number[order])
    pairs = pd.DataFrame({"piece": number, "road": network.road_id[rows]}).drop_duplicates().sort_values(["piece", "road"])
    ids = np.split(pairs["road"].to_numpy(dtype=object), np.cumsum(np.bincount(pairs["piece"], minlength=len(piece)))[:-1])
    return _rows(
        "piece",
        households=streets.households[piece],
        persons=streets.persons[piece],
        metres=np.bincount(number, weights=network.length_m[rows], minlength=len(piece)),
        road_ids=[tuple(part) for part in ids[: len(piece)]],
        geometry=drawn,
    )


def _joined_people(streets: _Streets, one: Ints, other: Ints) -> dict[str, Ints]:
    """Count who would be joined to a larger piece if two segments met: those on the smaller of two pieces."""
    smaller = np.maximum(streets.piece[one], streets.piece[other])
    apart = (streets.piece[one] != streets.piece[other]) & (np.minimum(streets.piece[one], streets.piece[other]) >= 0)
    return {
        "households": np.where(apart, streets.households[smaller], 0),
        "persons": np.where(apart, streets.persons[smaller], 0),
    }


def _near_misses(streets: _Streets, dead_ends: Ints, limits: Limits) -> pd.DataFrame:
    """List the dead ends that miss a street, each with the nearest one; two that face each other once."""
    network = streets.network
    found = near_misses(network, dead_ends, streets.level, near_m=limits.near_m, meets_within_m=limits.meets_within_m)
    geometry = np.where(found.metres > 0, shapely.linestrings(found.link), shapely.points(found.link[:, 0]))
    return _rows(
        "near_miss",
        **_joined_people(streets, found.own, found.segment),
        metres=found.metres,
        road_ids=list(zip(network.road_id[found.own], network.road_id[found.segment], strict=True)),
        geometry=geometry,
    )


def _crossings(streets: _Streets, dead_ends: Ints) -> pd.DataFrame:
    """List the places where streets of one level cross without a junction; a dead end that touches is a near miss instead."""
    network = streets.network
    found = crossings(streets.parts, streets.level)
    ends = places(np.column_stack([network.x[dead_ends], network.y[dead_ends]]))
    is_dead = pd.MultiIndex.from_arrays(places(found.xy).T).isin(pd.MultiIndex.from_arrays(ends.T))
    one, two, xy = found.first[~is_dead], found.second[~is_dead], found.xy[~is_dead]
    first = np.sort(np.unique(np.floor(xy / ONE_PLACE_M), axis=0, return_index=True)[1])
    one, two = one[first], two[first]
    return _rows(
        "crossing",
        **_joined_people(streets, one, two),
        metres=np.nan,
        road_ids=list(zip(network.road_id[one], network.road_id[two], strict=True)),
        geometry=shapely.points(xy[first]),
    )


def _xy(points: Geometries) -> Floats:
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _bare(households: gpd.GeoDataFrame, placement: Placement, limits: Limits) -> pd.DataFrame:
    """List groups of neighbouring squares with many households far from every street."""
    far = np.flatnonzero(np.round(placement.leg_m, 3) > limits.bare_m)
    square, of_home = np.unique(np.floor(_xy(households.geometry.to_numpy()[far]) / LATTICE_M), axis=0, return_inverse=True)
    group = _neighbours(square.astype(np.int64))
    of_home = group[of_home.reshape(-1)]
    table = pd.DataFrame({"persons": households["persons"].to_numpy(dtype=np.int64)[far], "metres": placement.leg_m[far]})
    totals = table.groupby(of_home).agg(households=("persons", "size"), persons=("persons", "sum"), metres=("metres", "median"))
    many = totals.index[totals["households"] >= limits.bare_households].to_numpy(dtype=np.int64)
    boxes = shapely.box(*(square * LATTICE_M).T, *((square + 1) * LATTICE_M).T)
    drawn = [shapely.union_all(boxes[group == number]) for number in many]
    return _rows(
        "bare",
        **{column: totals.loc[many, column].to_numpy() for column in ("households", "persons", "metres")},
        road_ids=[()] * len(many),
        geometry=np.array(drawn, dtype=object),
    )


def _neighbours(square: Ints) -> Ints:
    """Return the group of each square; squares that touch at a side or corner are in one."""
    if not len(square):
        return np.empty(0, dtype=np.int64)
    low = square - square.min(axis=0) + 1
    width = int(low[:, 1].max()) + 2
    key = low[:, 0] * width + low[:, 1]
    steps = np.array([1, width - 1, width, width + 1])
    wanted = key[:, None] + steps
    at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    one, which = np.nonzero(key[at] == wanted)
    links = coo_array((np.ones(len(one)), (one, at[one, which])), shape=(len(key), len(key)))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _unused(use: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """List the streets that nobody uses."""
    if use is None:
        return _rows("unused", households=[], persons=[], metres=[], road_ids=[], geometry=[])
    idle = use[(use["ways"] == 0) & (use["homes"] == 0)]
    return _rows(
        "unused",
        households=0,
        persons=0,
        metres=idle["metres"].to_numpy(),
        road_ids=[(road,) for road in idle["road_id"]],
        geometry=idle.geometry.to_numpy(),
    )


def _table(found: Sequence[pd.DataFrame], crs: Any, limits: Limits) -> gpd.GeoDataFrame:
    """Put the findings of all kinds together, worst first, with ids and notes."""
    filled = [part for part in found if len(part)] or [found[0]]
    table = pd.concat(filled, ignore_index=True).astype({"households": np.int64, "persons": np.int64, "metres": float})
    west, south = shapely.bounds(table["geometry"].to_numpy(dtype=object)).T[:2]
    far = -table["metres"].fillna(0).to_numpy()
    order = np.lexsort((south, west, far, -table["households"].to_numpy(), table["kind"].map(KINDS.index).to_numpy(dtype=int)))
    table = table.iloc[order].reset_index(drop=True)
    table["finding_id"] = [
        f"{kind}-{rank + 1}" for kind, rank in zip(table["kind"], table.groupby("kind").cumcount(), strict=True)
    ]
    notes = [
        NOTES[kind].fill(households=n, metres=m, limit=limits.bare_m)
        for kind, n, m in zip(table["kind"], table["households"], table["metres"], strict=True)
    ]
    table = table.assign(note_zh=[note.zh for note in notes], note_en=[note.en for note in notes])
    return gpd.GeoDataFrame(table[list(COLUMNS)], geometry="geometry", crs=crs)
