"""What the maps of cards are drawn with: paths against point by point, simple shapes against exact ones, escaping against all."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LinearRing, LineString, Point

from maps.cardground import Ground
from maps.cardmap import _Frame
from maps.cards import grid_cards
from maps.markup import UNPRINTABLE, Html, element, text
from tests.card_town import card_grids, card_streets, card_town

FRAME = _Frame.around((500.0, 1000.0, 700.0, 1150.0), 80.0, 60.0)
WHERE = st.tuples(st.integers(3000, 9000), st.integers(8000, 13000))
GROUPS = st.lists(st.lists(st.lists(WHERE, min_size=2, max_size=4), max_size=3), min_size=1, max_size=3)
"""Decimetres of points of lines of groups."""


def drawn(shape: Any) -> str:
    """Write a line point by point, leaving out those that round to the one before."""
    kept: list[tuple[float, float]] = []
    for x, y in shape.coords:
        at = FRAME.unit(x, y)
        if not kept or at != kept[-1]:
            kept.append(at)
    points = " ".join(f"{int(x)} {int(y)}" for x, y in kept)
    return f"M{points}{'Z' if shape.is_closed else ''}" if len(kept) > 1 else ""


@given(GROUPS)
def test_paths_are_those_of_the_points_one_by_one(decimetres: list[list[list[tuple[int, int]]]]) -> None:
    groups = [[LineString([(x / 10, y / 10) for x, y in line]) for line in lines] for lines in decimetres]
    arrays = [np.array([*lines, None], dtype=object)[:-1] for lines in groups]
    wanted = ["".join(drawn(line) for line in lines) for lines in groups]
    assert FRAME.paths(arrays) == wanted


def test_rings_end_where_they_began_and_a_dot_is_not_drawn() -> None:
    ring, dot = LinearRing([(500, 1000), (600, 1000), (600, 1100)]), LineString([(500, 1000), (500.01, 1000)])
    paths = FRAME.paths([np.array([dot, ring, dot], dtype=object), np.array([], dtype=object)])
    assert paths == [drawn(ring), ""]
    assert (paths[0].count("M"), paths[0][-1]) == (1, "Z")


@pytest.mark.parametrize("tolerance", [0.5, 3.0, 50.0])
def test_simple_streets_and_grids_are_off_by_less_than_asked(tolerance: float) -> None:
    wavy = card_streets().assign(geometry=lambda t: t.geometry.map(bent))
    ground = Ground(card_town(streets=wavy), card_grids().assign(peers=""))
    for what in ("streets", "neighbours"):
        exact, simple = getattr(ground, what), ground.simpler(what, tolerance)
        far = shapely.hausdorff_distance(exact.shapes, simple.shapes)
        assert far.max() <= tolerance
        assert simple.names.tolist() == exact.names.tolist()
        assert ground.simpler(what, tolerance * 1.01) is simple, "worked out once"
    points = [shapely.get_num_coordinates(each.shapes).sum() for each in (ground.streets, ground.simpler("streets", tolerance))]
    assert points[1] < points[0]


def bent(line: LineString) -> LineString:
    steps = np.linspace(0, 1, 400)
    spots = [line.interpolate(step, normalized=True) for step in steps]
    return LineString([(spot.x, spot.y + 0.3 * np.sin(40 * step)) for spot, step in zip(spots, steps, strict=True)])


def test_a_facility_without_a_place_is_on_no_card() -> None:
    """G1's first two facilities, its clinic and the station at the school's door, have lost their places."""
    facilities = card_town().facilities
    assert facilities is not None
    places = [None, Point(), *facilities.geometry[2:]]
    lost = facilities.assign(name=[f"处{i}" for i in range(len(facilities))]).set_geometry(places, crs=facilities.crs)
    page = grid_cards(card_town(facilities=lost), ["G1"]).html
    assert [name in page for name in ("处0<", "处0 ", "处1<", "处1 ", "处2 ", "处3 ")] == [False, False, False, False, True, True]


@given(st.text(alphabet=st.characters(), max_size=30))
def test_text_is_escaped_and_nothing_unprintable_is_left(said: str) -> None:
    wanted = html.escape(UNPRINTABLE.sub("\ufffd", said), quote=True)
    assert text(said) == wanted
    assert element("b", said, title=said) == f'<b title="{wanted}">{wanted}</b>'
    assert element("b", Html("<i></i>"), aria_label=None, hidden=True) == "<b hidden><i></i></b>"
