"""Shapes taken from a planner's files: what is fit to draw with, and what is refused before it takes minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely

from api.drawn import LINE, POLYGON, drawn_in, outline_in
from geogrid.errors import InputError
from tests.builders import block, frame, street

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry


def file_of(folder: Path, *shapes: BaseGeometry) -> Path:
    """Write shapes, a row each."""
    file = folder / "drawn.gpkg"
    frame([{"name": "a", "geometry": shape} for shape in shapes]).to_file(file)
    return file


def test_every_row_with_a_shape_is_taken(tmp_path: Path) -> None:
    file = file_of(tmp_path, block(0, 0, 9, 9), block(9, 0, 18, 9), shapely.Polygon())
    assert drawn_in(file, "wgs84", POLYGON).to_crs(4548).area.round(3).tolist() == [81, 81]


@pytest.mark.parametrize(("dimension", "said"), [(LINE, "should hold lines"), (POLYGON, "should hold polygons")])
def test_lines_and_polygons_are_not_mixed(tmp_path: Path, dimension: int, said: str) -> None:
    file = file_of(tmp_path, block(0, 0, 9, 9), street((0, 0), (9, 9)))
    with pytest.raises(InputError, match=said):
        drawn_in(file, "wgs84", dimension)


@pytest.mark.parametrize(("parts", "fits"), [(500, True), (501, False)])
def test_an_outline_in_too_many_parts_is_refused(tmp_path: Path, parts: int, fits: bool) -> None:
    file = file_of(tmp_path, shapely.multipolygons([block(4 * n, 0, 4 * n + 2, 2) for n in range(parts)]))
    if fits:
        assert len(outline_in(file)) == 1
        return
    with pytest.raises(InputError, match="falls into 501 parts, and 500 at most are taken"):
        outline_in(file)
