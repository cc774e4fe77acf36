"""The gate: everything that is wrong with the boundaries of a town, tiling by tiling, before anyone relies on them.

Each tiling (see `geogrid.tiers`) is checked against what it should fill by `geogrid.topology.check_tiling`: areas in their parent
areas, grids in their areas, smaller grids in larger ones. A hole or overlap that a finer tiling only takes over from the borders
above it is listed as ``inherited``, which is information, so that no defect counts twice.

several_areas
    A grid with land of several areas of one tiling: the one that has its inner point or that it names, and others beside it.
    ``pieces`` say its share in each. A grid that holds smaller ones may be made of whole areas.
stray_part, multi_part
    A part of a grid or area, but not its largest, smaller than ``stray_area_m2``; the other parts but the largest, together.
enclave
    A grid whose whole outline lies along one other grid of its tiling.
cut_unit, cut_building
    A polygon of which pieces at least ``defect_width_m`` wide lie in several grids, or in a grid and outside all. Grids that hold
    smaller ones do not count, and once in a grid set is enough: in the tiling of most grids that cuts it. ``width_m`` is that of
    the narrowest of the pieces.
split_unit
    A unit whose households lie in several standing grids; ``pieces`` count them, households themselves are never told.
undivided
    A grid without smaller ones, where others of its tiling have some.
unknown_parent
    A grid or area that names a parent which does not exist, or which is of its own tiling.

The other kinds are those of `geogrid.topology`; a hole that a plan has not given to anyone yet is ``unassigned``.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid import gatechecks
from geogrid.borders import BorderDifferences, border_differences
from geogrid.boundaries import STANDING, set_of
from geogrid.crs import project
from geogrid.errors import InputError
from geogrid.gatechecks import Finding, homes_of, things_of
from geogrid.gatekinds import KINDS, SEVERITIES
from geogrid.regions import wide_pieces, widths
from geogrid.tiers import GRIDS, tiers_of
from geogrid.topology import check_tiling
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt
    from pyproj import CRS

    from geogrid.boundaries import Boundaries
    from geogrid.gatechecks import Homes, Piece
    from geogrid.tiers import Layer, Rows, Tiers

__all__ = ["KINDS", "BorderDifferences", "GateReport", "Limits", "border_differences", "gate"]


class Limits(TypedDict, total=False):
    """From where on something is a defect, a sliver, or a stray part."""

    sliver_width_m: float
    defect_width_m: float
    stray_area_m2: float


class _Settled(NamedTuple):
    """The limits with their defaults."""

    sliver_width_m: float = 1.0
    defect_width_m: float = 0.01
    stray_area_m2: float = 100.0


@dataclass(frozen=True, eq=False)
class GateReport:
    """What the gate found.

    Attributes
    ----------
    findings : GeoDataFrame
        finding_id, kind (a key of `KINDS`), severity (defect, warning, information), table (grids, areas, units, buildings: what
        the finding is about), grid_set, level, grid_ids (tuple), area_id (the parent: an area or a larger grid, "" for none or
        several), other_ids (tuple: areas, or the unit, building or parent that is named), area_m2, width_m (NaN where the kind
        has none), geometry. In the order of the kinds, then from large to small.
    pieces : GeoDataFrame
        Of several_areas, cut and split findings: finding_id, grid_id, area_id ("" outside all), area_m2, share (of the land, or
        of the unit's households), households (NA unless the finding counts them), geometry.
    grids, areas, units, buildings : int
        How many were looked at; of units and buildings only those drawn as polygons.
    """

    findings: gpd.GeoDataFrame
    pieces: gpd.GeoDataFrame
    grids: int
    areas: int
    units: int
    buildings: int

    @property
    def ok(self) -> bool:
        """Return whether there is no defect."""
        return not (self.findings["severity"] == "defect").any()

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how many findings there are of each kind that occurs."""
        found = self.findings["kind"].value_counts()
        return {kind: int(found[kind]) for kind in KINDS if kind in found.index}

    @property
    def summary(self) -> Text:
        """Return what was found in a sentence."""
        looked = Text(f"{self.grids} 个网格、{self.areas} 个区域", f"{self.grids} grids, {self.areas} areas")
        said = [(severity, self._said(severity)) for severity in SEVERITIES]
        zh = "；".join(f"{SEVERITIES[severity].zh}：{text.zh}" for severity, text in said if text.zh)
        en = "; ".join(f"{SEVERITIES[severity].en}: {text.en}" for severity, text in said if text.en)
        return Text(f"{looked.zh}：{zh or '没有发现问题'}。", f"{looked.en}: {en or 'nothing found'}.")

    def _said(self, severity: str) -> Text:
        kinds = [(KINDS[kind].name, n) for kind, n in self.counts.items() if KINDS[kind].severity == severity]
        return Text("、".join(f"{name.zh} {n}" for name, n in kinds), ", ".join(f"{name.en} {n}" for name, n in kinds))


def gate(
    boundaries: Boundaries,
    *,
    units: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    households: gpd.GeoDataFrame | None = None,
    **limits: Unpack[Limits],
) -> GateReport:
    """Find everything that is wrong with boundaries, and what in them needs a look.

    Parameters
    ----------
    boundaries : Boundaries
        Grids of all sets and levels, and areas of all levels.
    units, buildings : GeoDataFrame, optional
        With unit_id and building_id, in any CRS; points are no matter for a border.
    households : GeoDataFrame, optional
        Points in any CRS, with unit_id where it is known.
    **limits
        ``sliver_width_m`` = 1, ``defect_width_m`` = 0.01, ``stray_area_m2`` = 100.

    Returns
    -------
    GateReport
        The same whatever the order of the rows.

    Raises
    ------
    CrsError
        When a table has no CRS.
    InputError
        When the widths make no sense.

    Examples
    --------
    >>> from geogrid.boundaries import Boundaries
    >>> columns = {"grid_id": ["W", "E"], "name": ["西", "东"], "parent_id": ["V", "V"]}
    >>> west, east = shapely.box(0, 0, 100, 100), shapely.box(99.5, 0, 200, 90)
    >>> grids = gpd.GeoDataFrame(columns, geometry=[west, east], crs=4548)
    >>> village = gpd.GeoDataFrame({"area_id": ["V"], "name": ["村"]}, geometry=[shapely.box(0, 0, 200, 100)], crs=4548)
    >>> report = gate(Boundaries.of(grids, village))
    >>> report.ok, report.summary.en
    (False, '2 grids, 1 areas: defects: hole 1, sliver 1.')
    """
    settled = _settled(limits)
    tiers = tiers_of(boundaries)
    homes = homes_of(tiers)
    things = [things_of(project(frame, boundaries.crs), name) for name, frame in _given(units=units, buildings=buildings)]
    found = _of_boundaries(boundaries, tiers, homes, settled)
    for each in things:
        found += gatechecks.cut_by_borders(tiers.of_grids, each, homes, settled.defect_width_m)
    if households is not None:
        placed = None if units is None else project(units, boundaries.crs)
        found += gatechecks.split_units(tiers.of_grids, project(households, boundaries.crs), placed, homes)
    sizes = {"units": 0, "buildings": 0} | {each.table: len(each.ids) for each in things}
    named = [_named_by_width(finding, settled.sliver_width_m) for finding in found]
    return GateReport(*_tables(named, boundaries.crs), len(boundaries.grids), len(boundaries.areas), **sizes)


def _settled(limits: Limits) -> _Settled:
    settled = _Settled(**limits)
    if 0 < settled.defect_width_m <= settled.sliver_width_m < math.inf and 0 <= settled.stray_area_m2 < math.inf:
        return settled
    message = Text(
        "缺陷宽度 {d} 米、狭缝宽度 {s} 米、零散地块面积 {a} 平方米无效；"
        "应满足 0 < 缺陷宽度 ≤ 狭缝宽度、面积 ≥ 0，例如 0.01、1 和 100。",
        "a defect width of {d} m, a sliver width of {s} m and a stray area of {a} m2 make no sense; "
        "0 < defect width <= sliver width and area >= 0 are needed, such as 0.01, 1 and 100.",
    )
    raise InputError(message.fill(d=settled.defect_width_m, s=settled.sliver_width_m, a=settled.stray_area_m2))


def _given(**frames: gpd.GeoDataFrame | None) -> list[tuple[str, gpd.GeoDataFrame]]:
    return [(name, frame) for name, frame in frames.items() if frame is not None]


def _of_boundaries(boundaries: Boundaries, tiers: Tiers, homes: Homes, limits: _Settled) -> list[Finding]:
    """Find what is wrong with the boundaries themselves."""
    least_m = limits.defect_width_m
    by_layer = [(layer, list(_tiling(layer, boundaries, limits))) for layer in tiers.layers]
    found = _without_inherited(by_layer, least_m)
    found += gatechecks.parents_not_found(tiers)
    found += gatechecks.in_several_areas(tiers, homes, least_m)
    for layer in tiers.of_grids:
        found += [*gatechecks.enclaves(layer, homes, least_m), *gatechecks.undivided(layer, tiers.of_grids)]
    return found


def _tiling(layer: Layer, boundaries: Boundaries, limits: _Settled) -> Iterator[Finding]:
    """Check one tiling; holes only in what it has to fill, or where a project's grids enclose them."""
    least_m = limits.defect_width_m
    frame = layer.frame().set_crs(boundaries.crs)
    homes = layer.homes or {}
    areas = gpd.GeoDataFrame({"area_id": list(homes)}, geometry=list(homes.values()), crs=boundaries.crs) if homes else None
    found = _defects(layer, frame, areas, least_m)
    if homes:
        found = [one for one in found if one.kind != "hole" or one.area_id in layer.must_fill]
    if homes and layer.rows.table == GRIDS and layer.grid_set != STANDING:
        found += [one for one in _defects(layer, frame, None, least_m) if one.kind == "hole"]
    for one in found:
        if one.kind == "multi_part":
            yield from _parts(one, limits.stray_area_m2)
        else:
            yield _unassigned(one, layer, boundaries, least_m) if one.kind == "hole" else one


def _defects(layer: Layer, frame: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None, least_m: float) -> list[Finding]:
    """Return what `check_tiling` finds; slivers are named later, for until then it matters what they are slivers of."""
    rows = layer.rows
    found = []
    for row in check_tiling(frame, areas, sliver_width_m=least_m, defect_width_m=least_m).defects.itertuples(index=False):
        ids = (row.grid_ids, ()) if rows.table == GRIDS else ((), row.grid_ids)
        level = rows.levels[rows.place[row.grid_ids[0]]] if row.grid_ids else "/".join(layer.levels)
        about = (row.kind, rows.table, layer.grid_set, level)
        found.append(Finding(*about, ids[0], row.area_id, ids[1], row.geometry, row.width_m))
    return found


def _parts(finding: Finding, stray_m2: float) -> Iterator[Finding]:
    """Tell the stray parts from the others."""
    parts = shapely.get_parts(finding.shape)
    wide = widths(parts)
    stray = shapely.area(parts) < stray_m2
    for i in np.flatnonzero(stray):
        yield finding._replace(kind="stray_part", shape=parts[i], width_m=float(wide[i]))
    if not stray.all():
        yield finding._replace(shape=shapely.multipolygons(parts[~stray]), width_m=float(wide[~stray].max()))


def _unassigned(finding: Finding, layer: Layer, boundaries: Boundaries, least_m: float) -> Finding:
    """Tell a hole that a plan left on purpose."""
    left = [
        shape
        for tier, shape in boundaries.unassigned.items()
        if set_of(tier.grid_set) == layer.grid_set and tier.level in layer.levels
    ]
    on_purpose = layer.rows.table == GRIDS and left and _lies_in(finding.shape, shapely.union_all(left), least_m)
    return finding._replace(kind="unassigned") if on_purpose else finding


def _lies_in(shape: Any, land: Any, least_m: float) -> bool:
    """Return whether nothing wide enough to count is outside."""
    return not len(wide_pieces(np.array([shapely.difference(shape, land)], dtype=object), least_m).shapes)


def _without_inherited(by_layer: Sequence[tuple[Layer, list[Finding]]], least_m: float) -> list[Finding]:
    """Rename what a finer tiling takes over from a coarser one: a hole in its hole, an overlap in the overlap of the parents."""
    result: list[Finding] = []
    for layer, found in by_layer:
        coarser = [one for one in result if one.table != layer.rows.table or one.grid_set == layer.grid_set]
        above = {kind: _array([one.shape for one in coarser if one.kind == kind]) for kind in ("hole", "overlap")}
        trees = {kind: shapely.STRtree(shapes) for kind, shapes in above.items()}
        for one in found:
            near = trees[one.kind].query(one.shape, predicate="intersects") if one.kind in trees else ()
            lands = above[one.kind][near] if len(near) and _between_parents(one, layer.rows) else ()
            taken_over = len(lands) and _lies_in(one.shape, shapely.union_all(lands), least_m)
            result.append(one._replace(kind="inherited") if taken_over else one)
    return result


def _between_parents(finding: Finding, rows: Rows) -> bool:
    """Return whether a finding is not within one parent, as far as the parents are known."""
    parents = {rows.parents[rows.place[key]] for key in (*finding.grid_ids, *finding.other_ids)}
    return finding.kind == "hole" or len(parents) > 1 or parents == {""}


def _named_by_width(finding: Finding, sliver_width_m: float) -> Finding:
    narrow = finding.kind in {"hole", "overlap"} and finding.width_m < sliver_width_m
    return finding._replace(kind="sliver") if narrow else finding


def _tables(found: Iterable[Finding], crs: CRS) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Put findings in order, number them by kind, and list their pieces."""
    rank = {kind: place for place, kind in enumerate(KINDS)}
    ordered = sorted(found, key=lambda one: (rank[one.kind], -round(_area(one), 6), *one[1:7], _corner(one.shape)))
    number: Counter[str] = Counter()
    ids = []
    for one in ordered:
        number[one.kind] += 1
        ids.append(f"{one.kind}-{number[one.kind]}")
    columns: dict[str, Any] = {"finding_id": pd.Series(ids, dtype="str"), "kind": _column(ordered, "kind")}
    columns["severity"] = pd.Series([KINDS[one.kind].severity for one in ordered], dtype="str")
    columns |= {name: _column(ordered, name) for name in ("table", "grid_set", "level", "grid_ids", "area_id", "other_ids")}
    columns["area_m2"] = np.array([_area(one) for one in ordered], dtype=np.float64)
    columns["width_m"] = np.array([one.width_m for one in ordered], dtype=np.float64)
    findings = gpd.GeoDataFrame(columns, geometry=_array([one.shape for one in ordered]), crs=crs)
    return findings, _pieces([(key, piece) for key, one in zip(ids, ordered, strict=True) for piece in one.pieces], crs)


def _column(found: Sequence[Finding], name: str) -> pd.Series:
    return pd.Series([getattr(one, name) for one in found], dtype="object" if name in {"grid_ids", "other_ids"} else "str")


def _area(finding: Finding) -> float:
    """Return the land of a finding; what could not be mended has an outline but no land."""
    return 0.0 if finding.shape is None or finding.width_m == 0 else float(finding.shape.area)


def _corner(shape: Any) -> tuple[float, ...]:
    return (0.0,) if shape is None or shape.is_empty else shape.bounds


def _pieces(pieces: Sequence[tuple[str, Piece]], crs: CRS) -> gpd.GeoDataFrame:
    columns = {
        "finding_id": pd.Series([key for key, _ in pieces], dtype="str"),
        "grid_id": pd.Series([piece.grid_id for _, piece in pieces], dtype="str"),
        "area_id": pd.Series([piece.area_id for _, piece in pieces], dtype="str"),
        "area_m2": np.array([piece.shape.area for _, piece in pieces], dtype=np.float64),
        "share": np.array([piece.share for _, piece in pieces], dtype=np.float64),
        "households": pd.Series([piece.households for _, piece in pieces], dtype="Int64"),
    }
    return gpd.GeoDataFrame(columns, geometry=_array([piece.shape for _, piece in pieces]), crs=crs)


def _array(shapes: Sequence[Any]) -> npt.NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
