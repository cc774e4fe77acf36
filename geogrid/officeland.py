"""An office and its land as it is: a workspace founded, an import rehearsed, boundaries mended, grids numbered."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from geogrid.bringing import bring
from geogrid.codes import number_grids
from geogrid.crs import project
from geogrid.errors import InputError, StoreError
from geogrid.officefiles import Imported, import_files, write_brought
from geogrid.profile import load_profile
from geogrid.repair import repair
from geogrid.replacing import passing_folder
from geogrid.store import WITHOUT_KEY, create, open_workspace
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.boundaries import Boundaries
    from geogrid.clock import Clock
    from geogrid.inputs import Given
    from geogrid.officefiles import Extent
    from geogrid.repair import Repaired
    from geogrid.results import ReadResult
    from geogrid.store import Act, Workspace

BESIDE = ("", "-wal", "-shm", "-journal")
"""Endings of what a workspace that was given up may leave."""


class Setting(NamedTuple):
    """What a workspace is made with: profile (a name or file), name, CRS (None: chosen from the data), key of its HMACs."""

    profile: str | Path = "generic"
    name: str = ""
    crs: Any = None
    key: bytes | None = None


def found(
    path: Path,
    files: Mapping[str, Given],
    setting: Setting,
    *,
    act: Act,
    datum: str | Mapping[str, str] = "auto",
    clock: Clock | None = None,
) -> Imported:
    """Make a workspace of an office's files; when that fails, nothing is left of it.

    Parameters
    ----------
    path : Path
        Of a file that does not exist yet.
    files : mapping
        Path or frame by table, a key of `bringing.READERS`.
    setting : Setting
    act : Act
        Who makes it, with effect from which day.
    datum : str or mapping
        As for `geogrid.check`.
    clock : Clock, optional
        Hears of the steps.

    Returns
    -------
    Imported

    Raises
    ------
    StoreError
        When there is something at the path.
    InputError, DatumError, CrsError, ProfileError
        When a file, the CRS or the profile cannot be used.
    """
    if path.exists():
        raise StoreError(_EXISTS.fill(file=path.name))
    profile = load_profile(setting.profile)
    brought = bring(files, profile=profile, crs=setting.crs, datum=datum, clock=clock)
    with ExitStack() as undone:
        made = create(path, crs=brought.crs, profile=profile, name=setting.name, act=act, key=setting.key)
        undone.callback(_remove, path)
        with made as workspace:
            done = write_brought(workspace, brought, act, base=workspace.head.version)
        undone.pop_all()
    return done


def _remove(path: Path) -> None:
    for ending in BESIDE:
        Path(f"{path}{ending}").unlink(missing_ok=True)


def rehearse(
    workspace: Workspace,
    files: Mapping[str, Given | ReadResult],
    *,
    act: Act,
    datum: str | Mapping[str, str] = "auto",
    extent: Extent = "whole",
    clock: Clock | None = None,
) -> Imported:
    """Return what an import would do: it is done to a copy, which is thrown away. See `officefiles.import_files`."""
    with passing_folder(workspace.path.parent) as folder:
        copy = workspace.backup(folder / "rehearsal.gpkg")
        with open_workspace(copy, key=WITHOUT_KEY) as trial:
            return import_files(trial, files, act=act, datum=datum, extent=extent, clock=clock)


def repair_in(workspace: Workspace, *, width_m: float = 1.0, inside: gpd.GeoDataFrame | None = None) -> Repaired:
    """Mend the boundaries of a workspace, its households looked after; nothing is written.

    Parameters
    ----------
    workspace : Workspace
    width_m : float
        Defects narrower than this are mended, in metres.
    inside : GeoDataFrame, optional
        The land that the uppermost areas should fill.
    """
    homes = workspace.read("households")
    placed = homes[~(homes.geometry.isna() | homes.geometry.is_empty)]
    return repair(
        workspace.boundaries(),
        width_m=width_m,
        inside=None if inside is None else project(inside, workspace.crs),
        households=placed if len(placed) else None,
        defect_width_m=min(workspace.profile.defect_width_m, width_m),
    )


def number_in(workspace: Workspace) -> tuple[Boundaries, dict[str, str]]:
    """Give codes to the grids that have none; return the boundaries with them, and the new codes by grid.

    Raises
    ------
    InputError
        When the profile has no pattern of codes, or an area has no number left.
    """
    if not workspace.profile.code_pattern:
        raise InputError(_NO_PATTERN)
    state = workspace.boundaries()
    numbers = number_grids(state, workspace.profile.code_scheme, used=workspace.codes_used())
    codes = {key: numbers[key] for key, grid in state.grids.items() if not grid.code and key in numbers}
    grids = {key: replace(grid, code=codes[key]) if key in codes else grid for key, grid in state.grids.items()}
    return replace(state, grids=grids), codes


_EXISTS = Text(
    "{file} 已存在，不会覆盖；请换一个名字，或用 geogrid import 导入其中。",
    "{file} exists and is never overwritten; take another name, or bring the files into it with geogrid import.",
)
_NO_PATTERN = Text(
    "配置没有编码规则（code_pattern），不能编码；请在配置中写明。",
    "the profile has no pattern of codes (code_pattern), so nothing can be numbered; state one in the profile.",
)
