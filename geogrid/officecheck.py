"""A check of an office's workspace: all its tables as they are in one version, and the folder that the check leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from geogrid.crs import to_wgs84
from geogrid.errors import InputError
from geogrid.late import Later
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from geogrid.publications import Counted, Publication
    from geogrid.report import Report, check
    from geogrid.settings import Options
    from geogrid.store import Workspace
    from geogrid.town import save_town
    from geogrid.words import Lang
else:
    check, save_town = Later("geogrid.report", "check"), Later("geogrid.town", "save_town")
    Counted = Later("geogrid.publications", "Counted")

NEEDED = ("grids", "households", "facilities", "roads")
OPTIONAL = ("areas", "units", "buildings", "staff", "events", "grades", "area_members", "closures")
EMPTY = Text(
    "第 {version} 版里没有 {tables}：请先导入（geogrid import）",
    "version {version} has no {tables}: bring them in first",
)


def check_version(workspace: Workspace, version: int, *, people: int | None = None, **options: Unpack[Options]) -> Report:
    """Check the tables of one version of a workspace, with its profile.

    Parameters
    ----------
    workspace : Workspace
    version : int
    people : int, optional
        The version whose households are counted; an earlier one for a publication in which only land or facilities are new.
    **options : Options
        As of `geogrid.check`; tables, profile and datum are the workspace's.

    Raises
    ------
    InputError
        When a table that is needed is empty (all are named), or an option cannot be used.
    """
    tables: Mapping[str, Any] = {name: workspace.read(name, version=version) for name in (*NEEDED, *OPTIONAL)}
    if people is not None:
        tables = {**tables, "households": workspace.read("households", version=people)}
    empty = [name for name in NEEDED if tables[name].empty]
    if empty:
        raise InputError(EMPTY.fill(version=version, tables=", ".join(empty)))
    given = {name: frame for name, frame in tables.items() if len(frame)}
    report: Report = check(**{**options, **given, "profile": workspace.profile, "datum": "wgs84"})
    return report


def people_then(workspace: Workspace, version: int) -> Counted:
    """Return whose households a check counted, and who tells those of earlier publications, for `geogrid.publications.add`."""

    def then(publication: Publication) -> gpd.GeoDataFrame:
        households: gpd.GeoDataFrame = to_wgs84(workspace.read("households", version=publication.people_version))
        return households

    return Counted(version, then)


def write_check(report: Report, folder: Path, *, lang: Lang) -> None:
    """Write a check's folder: public files in it, household rows and the town for later questions in ``private/`` inside it."""
    report.write(folder, lang=lang)
    save_town(report.town, folder)
