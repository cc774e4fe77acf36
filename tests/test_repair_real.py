"""Real mess: Guixi's townships and draft grids, every polygon spoilt on its own, mended again.

Findings are compared with the coverage functions of GEOS, and the households that move with a brute-force search.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geogrid import io
from geogrid.boundaries import Boundaries
from geogrid.crs import project, projected_crs
from geogrid.draft import draft_grids
from geogrid.gcj import gcj02_to_wgs84
from geogrid.repair import repair
from geogrid.topology import check_tiling

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geogrid.repair import Repaired

    Spoil = Callable[[Any, np.random.Generator], Any]


TOWN_CRS = 4548


def jitter(shape: Any, rng: np.random.Generator) -> Any:
    """Move every vertex by up to 0.4 m."""

    def moved(xy: Any) -> Any:
        way, far = rng.uniform(0, 2 * np.pi, len(xy)), rng.uniform(0, 0.4, len(xy))
        # A ring ends where it begins.
        first = np.unique(xy, axis=0, return_index=True, return_inverse=True)[1:]
        return xy + np.column_stack([far * np.cos(way), far * np.sin(way)])[first[0][first[1]]]

    return shapely.transform(shape, moved)


def shift(shape: Any, rng: np.random.Generator) -> Any:
    """Move the whole polygon by 0.3 m in some direction."""
    way = rng.uniform(0, 2 * np.pi)
    return shapely.transform(shape, lambda xy: xy + 0.3 * np.array([np.cos(way), np.sin(way)]))


def simplify(shape: Any, rng: np.random.Generator) -> Any:
    return shapely.simplify(shapely.segmentize(shape, 40), 0.5)


def round_metres(shape: Any, rng: np.random.Generator) -> Any:
    """Round to 0.1 m from an origin of its own."""
    origin = rng.uniform(0, 0.1, 2)
    return shapely.transform(shape, lambda xy: np.round(xy - origin, 1) + origin)


def round_degrees(shape: Any, rng: np.random.Generator) -> Any:
    """Round to five decimals of a degree from an origin of its own: up to 0.7 m away."""
    origin = rng.uniform(0, 1e-5, 2)
    degrees = gpd.GeoSeries([shape], crs=TOWN_CRS).to_crs(4490)
    return degrees.transform(lambda xy: np.round(xy - origin, 5) + origin).to_crs(TOWN_CRS)[0]


# Each with a width at least four times as far as it moves a border.
MESSES: dict[str, tuple[tuple[Spoil, ...], float]] = {
    "jitter": ((jitter,), 2.0),
    "shift": ((shift,), 2.0),
    "simplify": ((simplify,), 2.5),
    "metres": ((round_metres,), 1.0),
    "degrees": ((round_degrees,), 3.0),
    "shift and simplify": ((shift, simplify), 4.0),
    "all": ((jitter, shift, simplify, round_degrees, round_metres), 8.0),
}


class Town:
    """Townships, drafts, county and households of Guixi, in the town's projected CRS."""

    def __init__(self, data: Path) -> None:
        folder = data / "guixi"
        areas = io.read_areas(folder / "townships.geojson").table
        drafts = draft_grids(io.read_points(folder / "communities.geojson").table, areas).grids
        self.crs = projected_crs(areas)
        assert self.crs.to_epsg() == TOWN_CRS
        self.clean = Boundaries.of(drafts, areas, crs=self.crs)
        self.outline = gpd.GeoDataFrame(geometry=[shapely.union_all([a.shape for a in self.clean.areas.values()])], crs=self.crs)
        self.households = io.read_households(folder / "households.csv").table
        county = shapely.from_geojson(json.dumps(json.loads((folder / "county_gcj02.json").read_text(encoding="utf-8"))))
        wgs84 = shapely.transform(county, lambda xy: np.column_stack(gcj02_to_wgs84(xy[:, 0], xy[:, 1])))
        self.county = gpd.GeoDataFrame(geometry=[shapely.make_valid(wgs84)], crs=4326)

    def spoilt(self, ways: tuple[Spoil, ...], seed: int) -> Boundaries:
        """Spoil every township and every grid on its own."""
        rng = np.random.default_rng(seed)
        frames = []
        for frame in (self.clean.grid_frame, self.clean.area_frame):
            shapes = frame.geometry.to_list()
            for way in ways:
                shapes = [way(shape, rng) for shape in shapes]
            frames.append(frame.set_geometry(gpd.GeoSeries(shapes, crs=self.crs)))
        return Boundaries.of(*frames)


@pytest.fixture(scope="module")
def town(real_data: Path) -> Town:
    return Town(real_data)


def gaps(shapes: Any, land: Any) -> Any:
    """Edges that GEOS says face another polygon across less than 0.1 m; on the outline of the land there is nothing across."""
    edges = shapely.union_all(shapely.coverage_invalid_edges(shapes, gap_width=0.1))
    return edges.difference(land.boundary.buffer(0.001))


def assert_tiles(result: Repaired, land: Any) -> None:
    """No defect by our check, none by GEOS, and every square metre is somewhere."""
    after = result.boundaries
    assert check_tiling(after.grid_frame, after.area_frame).defects.empty
    assert check_tiling(after.area_frame.rename(columns={"area_id": "grid_id", "parent_id": "above"})).defects.empty
    for shapes in (after.shapes, after.area_frame.geometry.to_numpy()):
        assert shapely.is_valid(shapes).all()
        assert shapely.coverage_is_valid(shapes)
        assert gaps(shapes, land).is_empty
        assert shapely.area(shapes).sum() == pytest.approx(land.area, abs=0.01)
    for name, area in after.areas.items():
        mine = [grid.shape for grid in after.grids.values() if grid.parent_id == name]
        assert shapely.equals_identical(shapely.normalize(shapely.coverage_union_all(mine)), area.shape)
    account = result.account
    assert account["cut_m2"].abs().max() < 0.01
    total = account["before_m2"] + account["taken_m2"] - account["given_m2"] + account["cut_m2"]
    assert np.allclose(total, account["after_m2"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("mess", MESSES)
def test_mess_is_mended(town: Town, mess: str) -> None:
    ways, width_m = MESSES[mess]
    given = town.spoilt(ways, seed=7)
    assert not shapely.coverage_is_valid(given.shapes)
    result = repair(given, width_m=width_m, inside=town.outline, households=town.households)
    assert result.left.empty, result.left.drop(columns="geometry").to_string()
    assert result.is_tiling
    assert_tiles(result, town.outline.geometry[0])
    assert_moves(town, given, result)
    again = repair(result.boundaries, width_m=width_m, inside=town.outline)
    assert shapely.equals_identical(again.boundaries.shapes, result.boundaries.shapes).all()


def assert_moves(town: Town, given: Boundaries, result: Repaired) -> None:
    """Look every household up in every grid, before and after."""
    homes = project(town.households, town.crs)
    inside = []
    for boundaries in (given, result.boundaries):
        shapes = [shapely.make_valid(shape, method="structure", keep_collapsed=False) for shape in boundaries.shapes]
        inside.append(np.array([shapely.contains(shape, homes.geometry.to_numpy()) for shape in shapes]))
    moved = np.flatnonzero((inside[0] != inside[1]).any(axis=0))
    names = np.array(given.ids)
    wanted = {
        homes["household_id"].iloc[i]: (tuple(names[inside[0][:, i]].tolist()), tuple(names[inside[1][:, i]].tolist()))
        for i in moved
    }
    listed = dict(
        zip(result.moved["household_id"], zip(result.moved["from_ids"], result.moved["to_ids"], strict=True), strict=True)
    )
    assert listed == wanted


def test_clean_drafts_change_only_by_nodes(town: Town) -> None:
    once = repair(town.clean)
    assert once.is_tiling
    assert once.mended.empty
    assert once.account["cut_m2"].abs().max() < 0.01
    twice = repair(once.boundaries)
    assert shapely.equals_identical(twice.boundaries.shapes, once.boundaries.shapes).all()


def test_inside_the_county_only_land_without_townships_is_left(town: Town) -> None:
    """The extract holds four townships; the rest of the county is one hole for a person, and all else is mended."""
    given = town.spoilt(MESSES["jitter"][0], seed=3)
    result = repair(given, width_m=2.0, inside=town.county)
    assert set(result.left["kind"]) <= {"hole", "outside_parent", "multi_part", "sliver"}
    # A sliver of a township beyond the county cuts a corner off; the rest are the county's land and the extract's rough border.
    assert (result.left["width_m"] > 1).all()
    county = project(town.county, town.crs).geometry[0]
    missing = county.difference(shapely.union_all([area.shape for area in result.boundaries.areas.values()])).area
    assert result.left.loc[result.left["kind"] == "hole", "area_m2"].sum() == pytest.approx(missing, rel=1e-9)
    assert all(proof.coverage_is_valid for proof in result.proof)


def test_what_geos_finds_is_found_and_mended(town: Town) -> None:
    """Every edge that GEOS calls invalid lies along something mended; afterwards it finds none."""
    given = town.spoilt(MESSES["shift"][0], seed=11)
    result = repair(given, width_m=2.0, inside=town.outline)
    edges = shapely.union_all(shapely.coverage_invalid_edges(given.shapes, gap_width=0.5))
    assert edges.length > 1_000
    grids = result.mended[result.mended["table"] == "grids"]
    near = shapely.union_all(shapely.buffer(grids.geometry.to_numpy(), 0.01))
    # Edges that lie on their neighbour's by chance are mended by a node only.
    assert edges.difference(near).length < 0.01 * edges.length
    assert gaps(result.boundaries.shapes, town.outline.geometry[0]).is_empty
