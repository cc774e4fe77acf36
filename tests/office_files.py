"""The files of a paper-sized office, for the commands on its workspace: two villages, four grids, 80 households, four units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.cli import main
from tests.builders import block, frame, paper_town, street

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

DAY = "2026-01-01"


def office_town() -> dict[str, gpd.GeoDataFrame]:
    r"""Return the paper town with units: U1 to U4 are the halves of G1 and G2, west to east, each of 10 households.

    ::

        1000 +----+----+----+----+---------+---------+
             | U1 | U2 | U3 | U4 |   G3    |   G4    |
             |   G1    |   G2    |         |         |
           0 +----+----+----+----+---------+---------+
             0        500      1000      1500      2000
    """
    town = paper_town()
    units = [{"unit_id": f"U{i + 1}", "name": f"{i + 1}组", "geometry": block(250 * i, 0, 250 * i + 250, 1000)} for i in range(4)]
    return town | {"units": frame(units)}


def write_town(folder: Path, town: dict[str, gpd.GeoDataFrame]) -> dict[str, Path]:
    """Write tables as files of a GIS, in their projected CRS; return the file of each."""
    files = {table: folder / f"{table}.gpkg" for table in town}
    for table, rows in town.items():
        rows.to_file(files[table])
    return files


def options_of(files: dict[str, Path]) -> list[str]:
    """Return the options of ``init`` and ``import`` that name files."""
    return [part for table, file in files.items() for part in (f"--{table}", str(file))]


def make_workspace(folder: Path) -> Path:
    """Make the workspace of the paper-sized office, as the command does."""
    files = write_town(folder, office_town())
    workspace = folder / "office.gpkg"
    names = ["--name", "纸镇", "--crs", "EPSG:4548", "--who", "张三", "--effective", DAY]
    assert main(["init", str(workspace), *options_of(files), *names, "--lang", "en"]) == 0
    return workspace


def lines_file(folder: Path, *points: tuple[float, float]) -> Path:
    """Write one line."""
    file = folder / "line.gpkg"
    frame([{"name": "a", "geometry": street(*points)}]).to_file(file)
    return file
