"""An office and its files: brought into the workspace, held against what is there, written; what came of it, counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pandas as pd

from geogrid.assign import assign
from geogrid.bringing import READERS, bring
from geogrid.errors import InputError
from geogrid.rows.rejectedkeys import rejected_keys
from geogrid.schema import table_spec
from geogrid.words import Text
from geogrid.workspace.asking import smallest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Literal

    from geogrid.bringing import Brought
    from geogrid.clock import Clock
    from geogrid.inputs import Given
    from geogrid.results import ReadResult
    from geogrid.store import Act, Version, Workspace

    Extent = Literal["whole", "part", "replace"]

YARDSTICKS = ("areas", "units", "households", "facilities", "roads")
MOST_ENDED = 0.1
"""The share of a table's rows that a file may leave out before somebody is asked whether it is whole."""
NAMED = 3
SPOKEN_OF = frozenset({"areas", "grids", "units", "roads", "facilities", "buildings", "barriers", "candidates", "closures"})
"""Tables whose ids may stand in a message: things of the place, never people."""


class Change(NamedTuple):
    """How a file differs from its table: how many rows are new, changed, unchanged and ended.

    ``kept`` counts those of the unchanged ones that stay because the file's rows of their id were rejected.
    """

    new: int
    changed: int
    unchanged: int
    ended: int
    kept: int = 0


class Outside(NamedTuple):
    """How many households lie outside all grids, of how many that have a place."""

    households: int
    placed: int


@dataclass(frozen=True, eq=False)
class Imported:
    """What came of files that were brought in.

    Attributes
    ----------
    brought : Brought
        What was read, with the rejected rows; these are not in the workspace.
    versions : list of Version
        One for each table.
    changes : mapping
        By table.
    outside : Outside or None
        By the grids of the newest version; None where neither households nor grids came in, or one of them is missing.
    """

    brought: Brought
    versions: list[Version]
    changes: Mapping[str, Change]
    outside: Outside | None


def import_files(
    workspace: Workspace,
    files: Mapping[str, Given | ReadResult],
    *,
    act: Act,
    datum: str | Mapping[str, str] = "auto",
    extent: Extent = "whole",
    clock: Clock | None = None,
) -> Imported:
    """Read files and make each the newest version of its table.

    Parameters
    ----------
    workspace : Workspace
    files : mapping
        Path or frame by table, a key of `bringing.READERS`; or what was read already. A row that is rejected ends nothing: what
        the table has under its id stays as it is.
    act : Act
        Who, with effect from which day, why.
    datum : str or mapping
        As for `geogrid.check`.
    extent : {"whole", "part", "replace"}
        What the files are: whole tables, refused where they leave out more than `MOST_ENDED` of the rows that there are; a part
        of them, all other rows staying; or a replacement, whatever it leaves out.
    clock : Clock, optional
        Hears of the steps.

    Returns
    -------
    Imported

    Raises
    ------
    InputError, DatumError
        When a file cannot be used or leaves out too much, or the day goes back or must be said; then nothing is written.
    ConflictError
        When somebody else writes meanwhile; tables before that are written.
    """
    workspace.require_day(act)
    base = workspace.head.version
    brought = brought_in(workspace, files, datum=datum, clock=clock)
    return write_brought(workspace, brought, act, extent=extent, base=base)


def brought_in(
    workspace: Workspace,
    files: Mapping[str, Given | ReadResult],
    *,
    datum: str | Mapping[str, str] = "auto",
    clock: Clock | None = None,
) -> Brought:
    """Read files for a workspace, held against what it has already; nothing is written. See `import_files`."""
    known = {table: workspace.read(table) for table in YARDSTICKS if table not in files}
    known = {table: frame for table, frame in known.items() if len(frame)}
    return bring(files, profile=workspace.profile, known=known, crs=workspace.crs, datum=datum, clock=clock)


def write_brought(workspace: Workspace, brought: Brought, act: Act, *, extent: Extent = "whole", base: int) -> Imported:
    """Make what was read the newest version of its tables, one version a table; see `import_files`."""
    names = [table for table in READERS if table in brought.tables]
    met = _met_by(workspace, brought, extent)
    versions: list[Version] = []
    for table in names:
        rows = _rows(workspace, table, met[table], extent)
        versions.append(workspace.import_table(table, rows, act=act, base=base))
        base = versions[-1].version
    counts = {table: version.counts[table] for table, version in zip(names, versions, strict=True)}
    return _imported(workspace, brought, versions, counts, met, extent)


def write_together(workspace: Workspace, brought: Brought, act: Act, *, extent: Extent = "whole", base: int) -> Imported:
    """Make what was read the newest version of its tables, all of them by one version or none; see `import_files`.

    Raises
    ------
    InputError
        When a file leaves out too much, or the day goes back or must be said.
    ConflictError
        When the workspace is at another version than ``base``; nothing was written.
    """
    met = _met_by(workspace, brought, extent)
    rows = {table: _rows(workspace, table, met[table], extent) for table in READERS if table in brought.tables}
    version = workspace.import_tables(rows, act=act, base=base)
    return _imported(workspace, brought, [version], version.counts, met, extent)


def _met_by(workspace: Workspace, brought: Brought, extent: Extent) -> dict[str, Met]:
    """Return how each table meets the one there is; refuse those that are said to be whole and are not."""
    met = {table: _met(workspace, table, brought) for table in brought.tables}
    if extent == "whole":
        _require_whole(met)
    return met


def _rows(workspace: Workspace, table: str, met: Met, extent: Extent) -> pd.DataFrame:
    """Return the rows that a table is to have: the file's, and those that there are which it does not touch."""
    if extent == "part":
        given = set(_keys(workspace, table, met.frame))
        return _beside(workspace, table, met.frame, lambda key: key not in given)
    return _beside(workspace, table, met.frame, met.kept.__contains__) if met.kept else met.frame


def _imported(
    workspace: Workspace,
    brought: Brought,
    versions: list[Version],
    counts: Mapping[str, Mapping[str, int]],
    met: Mapping[str, Met],
    extent: Extent,
) -> Imported:
    names = [table for table in READERS if table in brought.tables]
    gone = {table: 0 if extent == "part" else len(met[table].gone) for table in names}
    changes = {table: _change(counts[table], met[table], gone=gone[table]) for table in names}
    return Imported(brought, versions, changes, _outside(workspace, names))


class Met(NamedTuple):
    """How the rows of a file meet those of its table.

    How many there are, how many are new, which ids the file leaves out, and which stay because its rows of them were rejected:
    how many rows that are, and ``frame``, the file's rows of all others.
    """

    had: int
    rows: int
    new: int
    gone: list[tuple[str, ...]]
    kept: frozenset[tuple[str, ...]]
    stay: int
    frame: pd.DataFrame


def _met(workspace: Workspace, table: str, brought: Brought) -> Met:
    old, frame = workspace.keys(table), brought.tables[table]
    is_old, new = frozenset(old), _keys(workspace, table, frame)
    kept = rejected_keys(brought.read[table].rejected, table_spec(table), is_old)
    if table_spec(table).key_columns:
        kept -= frozenset(new)  # a copy of a good row
    else:  # a thing of several pieces stays whole
        frame = frame[[key not in kept for key in new]]
        new = [key for key in new if key not in kept]
    is_there = frozenset(new) | kept
    gone = [key for key in old if key not in is_there]
    return Met(len(old), len(new), sum(key not in is_old for key in new), gone, kept, sum(key in kept for key in old), frame)


def _keys(workspace: Workspace, table: str, frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(zip(*(frame[name].astype(str) for name in workspace.key_names(table)), strict=True))


class LeavesOutError(InputError):
    """Files that leave out more of their tables than whole ones would; ``short`` says how much, without what to do about it."""

    def __init__(self, short: Text) -> None:
        super().__init__(Text(short.zh + _WHOLE.zh, f"{short.en} {_WHOLE.en}"))
        self.short = short


def _require_whole(met: Mapping[str, Met]) -> None:
    """Refuse files that leave out more of their tables than whole ones would, and say how much."""
    short = {table: each for table, each in met.items() if len(each.gone) > MOST_ENDED * each.had}
    if short:
        said = [_short(table, each) for table, each in short.items()]
        raise LeavesOutError(Text("".join(each.zh for each in said), " ".join(each.en for each in said)))


def _short(table: str, met: Met) -> Text:
    counts = {"rows": f"{met.rows:,}", "new": f"{met.new:,}", "had": f"{met.had:,}", "gone": f"{len(met.gone):,}"}
    counts["share"] = f"{len(met.gone) / met.had:.0%}"
    named = _named(met.gone) if table in SPOKEN_OF else Text("", "")
    said, label = _SHORT.fill(**counts), table_spec(table).label
    return Text(f"{label.zh}：{said.zh}{named.zh}。", f"{label.en.capitalize()}: {said.en}{named.en}.")


def _named(gone: Sequence[tuple[str, ...]]) -> Text:
    ids, more = [" ".join(key) for key in gone[:NAMED]], len(gone) > NAMED
    return Text(f"（{'、'.join(ids)}{' 等' if more else ''}）", f" ({', '.join(ids)}{' ...' if more else ''})")


def _beside(workspace: Workspace, table: str, frame: pd.DataFrame, stays: Callable[[tuple[str, ...]], bool]) -> pd.DataFrame:
    """Return rows together with those of the newest version whose ids stay."""
    old = workspace.read(table)
    stay = old[[stays(key) for key in _keys(workspace, table, old)]]
    if stay.empty or frame.empty:
        return frame if stay.empty else stay
    rows = pd.concat([stay, frame.reindex(columns=old.columns)], ignore_index=True)
    return gpd.GeoDataFrame(rows, geometry=old.geometry.name, crs=old.crs) if isinstance(old, gpd.GeoDataFrame) else rows


def _change(counts: Mapping[str, int], met: Met, *, gone: int) -> Change:
    """Tell changed rows from new and ended ones: a row that ended and one that began have the same id."""
    changed = counts["began"] - met.new
    return Change(met.new, changed, counts["rows"] - counts["began"], gone, met.stay)


def _outside(workspace: Workspace, tables: Sequence[str]) -> Outside | None:
    """Count the households outside all grids, where households or grids came in."""
    if not {"households", "grids"} & set(tables):
        return None
    homes, grids = workspace.read("households"), smallest(workspace.read("grids"))
    placed = homes[~(homes.geometry.isna() | homes.geometry.is_empty)]
    if placed.empty or grids.empty:
        return None
    return Outside(int(assign(placed[["geometry"]], grids).grid_id.isna().sum()), len(placed))


_SHORT = Text(
    "文件有 {rows} 行，其中 {new} 行是新的；工作区现有 {had} 行，其中 {gone} 行（{share}）文件里没有，会因此终止",
    "the file has {rows} rows, {new} of them new; of the {had} rows in the workspace it leaves out {gone} ({share}), which would "
    "end",
)
_WHOLE = Text(
    "什么也没有导入。文件只是一部分（如一个村）请加 --part，其余各行不变；确要整张换新请加 --replace。",
    "Nothing was imported. If a file is only a part (one village), add --part and all other rows stay; if it is to replace the "
    "whole table, add --replace.",
)
