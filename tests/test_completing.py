"""New ids, the land of units, the piece that stays."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import box

from geogrid.codescheme import GENERIC
from geogrid.completing import complete, hand_units, land_of_units, split_units
from geogrid.errors import InputError, NotFoundError, RefusedError
from geogrid.operations import Draw, Hand, Rename, Split
from geogrid.redraw import apply
from tests.paper_grids import CRS, block, four, from_corner, land, line, lines, placed, town

UNITS = gpd.GeoDataFrame(
    {"unit_id": ["U1", "U2", "U3", "P"], "name": ["一组", "二组", "三组", "楼"]},
    geometry=[block(90, 0, 100, 50), block(80, 0, 90, 50), block(100, 50, 110, 100), placed(shapely.Point(10, 10))],
    crs=CRS,
)
CUTS = lines([(30, -5), (30, 105)], [(60, -5), (60, 105)])


def test_what_makes_no_grid_or_names_it_stays_as_it_is() -> None:
    for operation in (
        Rename("A", "东"),
        Split("A", CUTS, ("X", "Y")),
        Draw(block(0, 0, 9, 9), "X"),
        Hand("A", block(0, 0, 9, 9)),
    ):
        assert complete(operation, four()) is operation


def test_a_split_gets_as_many_ids_as_it_makes_pieces() -> None:
    numbered = town([("G07", block(0, 0, 100, 100), ""), ("G09", block(100, 0, 200, 100), "")])
    done = complete(Split("G07", CUTS), numbered)
    assert isinstance(done, Split)
    assert done.new_ids == ("G10", "G11")
    again = complete(Split("G07", CUTS), numbered, taken={"G15"})
    assert isinstance(again, Split)
    assert again.new_ids == ("G16", "G17")
    assert land(apply(numbered, done).boundaries) == {"G07": 4_000, "G09": 10_000, "G10": 3_000, "G11": 3_000}


def test_ids_that_are_codes_are_the_next_codes() -> None:
    codes = ["990101100001001", "990101100001002"]
    coded = town([(code, block(100 * i, 0, 100 * i + 100, 100), "") for i, code in enumerate(codes)])
    done = complete(Split(codes[0], CUTS), coded, taken={"990101100001007"}, scheme=GENERIC)
    assert isinstance(done, Split)
    assert done.new_ids == ("990101100001008", "990101100001009")


def test_most_households_keep_their_grid() -> None:
    """Of pieces of 30, 30 and 40 m, the one on the left has most households: it stays, though it is not the largest."""
    homes = shapely.get_coordinates(placed(shapely.MultiPoint([(5, 5), (10, 50), (20, 20), (45, 50), (80, 50), (90, 10)])))
    done = complete(Split("A", CUTS), four(), homes=homes)
    assert isinstance(done, Split)
    after = apply(four(), done).boundaries
    assert from_corner(after.grids["A"].shape).equals(box(0, 0, 30, 100))
    assert from_corner(done.stays).within(box(0, 0, 30, 100))
    plain = complete(Split("A", CUTS), four(), homes=np.empty((0, 2)))
    assert isinstance(plain, Split)
    assert land(apply(four(), plain).boundaries)["A"] == 4_000


def test_a_line_that_cuts_nothing_is_refused_already_here() -> None:
    with pytest.raises(RefusedError, match="does not cut grid A"):
        complete(Split("A", line((150, -5), (150, 105))), four())
    with pytest.raises(NotFoundError, match="no grid 'Z'"):
        complete(Split("Z", CUTS), four())


def test_a_drawn_grid_is_named_like_its_neighbours() -> None:
    numbered = town([("G07", block(0, 0, 100, 100), ""), ("P3", block(100, 0, 200, 100), "")])
    for outline, like, new in ((block(10, 0, 20, 10), "", "G08"), (block(90, 0, 120, 10), "P3", "P4")):
        done = complete(Draw(outline, from_id=like), numbered)
        assert isinstance(done, Draw)
        assert done.grid_id == new
    empty = complete(Draw(block(0, 0, 9, 9)), town([("E", block(100, 0, 200, 100), "")]))
    assert isinstance(empty, Draw)
    assert empty.grid_id == "E-2"


def test_units_are_handed_over() -> None:
    made = hand_units(UNITS, ["U1", "U2"], "B")
    assert (made.to, made.unit_ids) == ("B", ("U1", "U2"))
    assert from_corner(made.area).equals(box(80, 0, 100, 50))
    assert land(apply(four(), made).boundaries) == {"A": 9_000, "B": 11_000, "C": 10_000, "D": 10_000}


def test_units_make_a_new_grid_of_one_grid() -> None:
    made = split_units(UNITS, ["U1", "U3"], "A", new_id="N", name="新村")
    assert (made.from_id, made.unit_ids, made.name) == ("A", ("U1", "U3"), "新村")
    assert land(apply(four(), made).boundaries) == {"A": 9_500, "B": 10_000, "C": 10_000, "D": 10_000, "N": 500}


def test_units_that_do_not_meet_exactly_make_one_piece() -> None:
    """Half a metre between two units, on the land of A: it goes along."""
    units = UNITS.assign(geometry=[block(90.5, 0, 100, 100), block(80, 0, 90, 100), block(0, 0, 1, 1), block(0, 0, 1, 1)])
    assert land(apply(four(), hand_units(units, ["U1", "U2"], "B")).boundaries)["B"] == 12_000


def test_refusals() -> None:
    with pytest.raises(NotFoundError) as caught:
        land_of_units(UNITS, ["U1", "U9", "U8"])
    assert caught.value.message == ("没有单元 U8, U9；请检查单元编号。", "there is no unit U8, U9; check the unit ids.")
    with pytest.raises(NotFoundError, match="no unit"):
        land_of_units(UNITS, [])
    with pytest.raises(InputError, match="units P are points without land; draw the area"):
        hand_units(UNITS, ["U1", "P"], "B")
