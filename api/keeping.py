"""What the commands on a workspace do: found it, bring files in, ask it about the past, copy and verify it, erase from it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd

from api import days, told, toldfiles, toldwork
from api.convert import known_crs, ready, rejected_beside
from api.options import datum_option, listed
from api.working import at_work, lost_rows
from geogrid import io
from geogrid.crs import to_wgs84
from geogrid.errors import InputError, NotFoundError
from geogrid.files.formats import read_raw
from geogrid.keyfile import make_key, read_key
from geogrid.late import Later
from geogrid.plain import plain
from geogrid.replacing import PRIVATE_FILE, replacing, sweep
from geogrid.rows.headers import match_headers
from geogrid.schema import table_spec
from geogrid.store import WITHOUT_KEY, Act, open_workspace
from geogrid.words import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from api.erasing import cleared
    from api.terminal import Terminal
    from geogrid.bringing import Brought
    from geogrid.clock import Clock
    from geogrid.officefiles import Extent, import_files
    from geogrid.officeland import Setting, found, rehearse
    from geogrid.store import Version, Workspace
else:
    cleared = Later("api.erasing", "cleared")
    import_files = Later("geogrid.officefiles", "import_files")
    found, rehearse = Later("geogrid.officeland", "found"), Later("geogrid.officeland", "rehearse")

KEY_VARIABLE = "GEOGRID_KEY_FILE"
FIRST = Text("首次导入", "first import")
PRIVATE_UMASK = 0o077
IN_DEGREES = frozenset({".geojson", ".json", ".kml", ".csv", ".xlsx"})
"""Endings of files that programs expect in longitude and latitude; others keep the workspace's CRS."""
"""As many corners as land that is drawn may have."""
LISTS = frozenset({".csv", ".txt", ".xlsx", ".xls"})
"""Endings of files that list households."""


class Place(NamedTuple):
    """A workspace and the file of its key, as they were given, or that it is written without."""

    path: Path
    key: Path | None = None
    without_key: bool = False


class Said(NamedTuple):
    """What an act says of itself, as it was given."""

    who: str = ""
    reason: str = ""
    effective: dt.date | None = None
    approval: str = ""

    def act(self, *, needs: bool = True) -> Act:
        """Return the act; where it needs them, who and why must be said.

        Raises
        ------
        InputError
            When they are not.
        """
        missing = [name for name in ("who", "reason") if needs and not getattr(self, name).strip()]
        if missing:
            raise InputError(_SAY.fill(options=" ".join(f"--{name}" for name in missing)))
        return Act(self.who, self.effective, self.reason, self.approval)


def key_of(place: Place) -> bytes | None:
    """Return the key in the file that is given, or in the one that the environment names; None where there is neither."""
    if place.without_key:
        if place.key is not None:
            raise InputError(_WITH_OR_WITHOUT)
        return WITHOUT_KEY
    named = place.key or (Path(os.environ[KEY_VARIABLE]) if os.environ.get(KEY_VARIABLE, "").strip() else None)
    return None if named is None else read_key(named)


@contextmanager
def opened(clock: Clock, place: Place, *, migrate: bool = False) -> Iterator[Workspace]:
    """Open a workspace with its key, and close it."""
    key = key_of(place)
    sweep(place.path.parent)
    with clock.step("open"):
        workspace = open_workspace(place.path, key=key, migrate=migrate)
    with workspace:
        yield workspace


# Made, and filled


def init(
    terminal: Terminal, place: Place, files: Mapping[str, Path], setting: Setting, *, said: Said, options: Mapping[str, Any]
) -> None:
    """Make a workspace of files."""
    datum, crs = datum_option(options["datum"]), options["crs"]
    setting = setting._replace(crs=None if crs is None else known_crs(crs))
    if place.path.exists():
        found(place.path, files, setting, act=said.act(needs=False))  # refuses, before a key is made
    ready(place.path, *files.values())
    new_key = options["new_key"]
    key = key_of(place) if new_key is None else make_key(new_key)
    act = replace_reason(said, FIRST.say(terminal.lang)).act(needs=False)
    try:
        with at_work(terminal) as clock:
            done = found(place.path, files, setting._replace(key=key), act=act, datum=datum, clock=clock)
    except BaseException:
        if new_key is not None:
            new_key.unlink(missing_ok=True)
        raise
    parts = [toldfiles.founded(done.brought, place.path.name, terminal.lang), toldfiles.imported(done, terminal.lang)]
    said_too = [*toldfiles.assumed(done), *_rejected(done.brought, place.path), *_about_key(key, new_key)]
    parts += told.notes(terminal.lang, said_too)
    terminal.out.print(told.spaced([*parts, toldwork.version(done.versions[-1], terminal.lang)]))


def replace_reason(said: Said, reason: str) -> Said:
    """Return what is said, with a reason where there is none."""
    return said if said.reason.strip() else said._replace(reason=reason)


class Bringing(NamedTuple):
    """How files are brought in: their datum, whether they are whole tables, and whether it is only tried."""

    datum: str = "auto"
    part: bool = False
    replace: bool = False
    dry_run: bool = False

    @property
    def extent(self) -> Extent:
        """Return what the files are.

        Raises
        ------
        InputError
            When they are said to be both.
        """
        if self.part and self.replace:
            raise InputError(_PART_OR_WHOLE)
        return "part" if self.part else "replace" if self.replace else "whole"


def bring_in(terminal: Terminal, place: Place, files: Mapping[str, Path], *, said: Said, how: Bringing) -> None:
    """Bring files into a workspace, or show what that would change."""
    if not files:
        raise InputError(_NO_FILES)
    act, extent, datum = said.act(needs=not how.dry_run), how.extent, datum_option(how.datum)
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        signed = bool(workspace.head.hmac)
        work = rehearse if how.dry_run else import_files
        done = work(workspace, files, act=act, datum=datum, extent=extent, clock=clock)
        held, made = workspace.in_force(), done.versions[-1]
    parts = [toldfiles.imported(done, terminal.lang, is_trial=how.dry_run)]
    if how.dry_run:
        rejected = [line for read in done.brought.read.values() for line in lost_rows(read)]
        parts += told.notes(terminal.lang, [*toldfiles.assumed(done), *rejected, *days.built_on(held)])
    else:
        said_too = [*toldfiles.assumed(done), *_rejected(done.brought, place.path), *unsigned(made, signed=signed)]
        parts += [*told.notes(terminal.lang, [*said_too, *days.ahead(made, held)]), toldwork.version(made, terminal.lang)]
    terminal.out.print(told.spaced(parts))


def unsigned(version: Version, *, signed: bool) -> list[Text]:
    """Say that a version has no HMAC although the one before has."""
    return [_UNSIGNED] if signed and not version.hmac else []


def _rejected(brought: Brought, path: Path) -> list[Text]:
    """Write rejected rows beside the workspace; say how many there are, and why the first is."""
    return [line for read in brought.read.values() for line in (*lost_rows(read), *rejected_beside(read, path))]


def _about_key(key: bytes | None, new_key: Path | None) -> list[Text]:
    if new_key is not None:
        return [_KEY_MADE.fill(file=new_key)]
    return [_NO_KEY] if key is None else []


# Asked


def history(terminal: Terminal, place: Place, grid_id: str | None) -> None:
    """Show the ledger, or the life of a grid."""
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        if grid_id is None:
            parts = [toldwork.ledger(workspace.versions(), workspace.name or place.path.name, terminal.lang)]
        else:
            parts = [toldwork.life(workspace.history(grid_id), grid_id, terminal.lang)]
        parts += told.notes(terminal.lang, days.in_the_ledger(workspace.in_force()))
    terminal.out.print(told.spaced(parts))


def where(terminal: Terminal, place: Place, household: str, on: dt.date | None) -> None:
    """Show which grid a household was in on a day, or is in today."""
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        asked = days.asked_of(workspace, on)
        answer = workspace.where(household.strip(), asked.day)
    shown = toldwork.whereabouts(answer, household.strip(), asked.day, terminal.lang)
    terminal.out.print(told.spaced([shown, *told.notes(terminal.lang, asked.notes)]))


def export(terminal: Terminal, place: Place, table: str, target: Path, *, on: dt.date | None, version: int | None) -> None:
    """Write a table of a workspace, its owner's alone."""
    ready(target, place.path)
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        asked = days.asked_of(workspace, on) if version is None else None
        rows = workspace.read(table, version=version if asked is None else asked.version.version)
        with clock.step("write"):
            write_frame(rows, target)
    name = toldwork.table_name(table)
    done = Text(
        f"已写入 {{file}}：{name.zh} {{n}} 行；只有本人可读，外传前请核对其中有无住户和电话。",
        f"{{file}}: {{n}} rows of {name.en.lower()}; its owner's alone: look for households and phone numbers before it leaves.",
    )
    terminal.say(done.fill(file=target, n=f"{len(rows):,}"))
    for note in asked.notes if asked else ():
        terminal.say(note)


def write_frame(rows: pd.DataFrame, target: Path) -> None:
    """Write a table that only its owner may read, all of its files so from the first byte.

    Raises
    ------
    InputError
        When the format cannot hold it.
    """
    before = os.umask(PRIVATE_UMASK)
    try:
        if isinstance(rows, gpd.GeoDataFrame):
            io.write_table(to_wgs84(rows) if target.suffix.casefold() in IN_DEGREES else rows, target)
        elif target.suffix.casefold() == ".csv":
            with replacing(target, mode=PRIVATE_FILE) as part:
                rows.map(_cell).to_csv(part, index=False, encoding="utf-8-sig")
        else:
            raise InputError(_ONLY_CSV.fill(file=target.name))
    finally:
        os.umask(before)


def _cell(value: Any) -> Any:
    value = plain(value)
    return io.safe_cell(";".join(map(str, value)) if isinstance(value, list) else value)


# Kept safe


def backup(terminal: Terminal, place: Place, target: Path) -> None:
    """Copy a workspace."""
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        with clock.step("write"):
            copy = workspace.backup(target)
        head = workspace.head
    size = copy.stat().st_size / 1e6
    done = Text("已备份到 {file}（{size} MB），第 {v} 版。", "backed up to {file} ({size} MB), version {v}.")
    terminal.say(done.fill(file=copy, size=f"{size:,.1f}", v=head.version))


def verify(terminal: Terminal, place: Place, head: str | None) -> bool:
    """Recompute the chain; return whether all of it fits."""
    with at_work(terminal) as clock, opened(clock, place) as workspace, clock.step("think"):
        found_ = workspace.verify(expected_head=head)
    terminal.out.print(told.spaced(toldwork.verified(found_, terminal.lang)))
    return found_.ok


def migrate(terminal: Terminal, place: Place) -> None:
    """Bring a workspace to this program's format."""
    with at_work(terminal) as clock, opened(clock, place, migrate=True) as workspace:
        head = workspace.head
    done = Text("{file} 已是本程序的格式，第 {v} 版。", "{file} is in this program's format, version {v}.")
    terminal.say(done.fill(file=place.path.name, v=head.version))


def erase(terminal: Terminal, place: Place, given: str, *, said: Said) -> None:
    """Take households out of every version."""
    act = said.act()
    ids = household_ids(given)
    with at_work(terminal) as clock, opened(clock, place) as workspace, clock.step("think"):
        signed = bool(workspace.head.hmac)
        version = workspace.erase(ids, act=act)
    n = version.counts.get("households", {}).get("ended", 0)
    done = _ERASED.fill(n=len(ids), rows=f"{n:,}")
    parts = [
        toldwork.version(version, terminal.lang),
        *told.notes(terminal.lang, [done, *cleared(place.path), *unsigned(version, signed=signed)]),
    ]
    terminal.out.print(told.spaced(parts))


def household_ids(given: str) -> list[str]:
    """Return ids of households from a list, or from a file with a column of them.

    Raises
    ------
    InputError
        When there is none.
    NotFoundError
        When there is no such file.
    """
    path = Path(given)
    if path.suffix.casefold() not in LISTS:
        ids = listed(given)
    elif not path.is_file():
        raise NotFoundError(_NO_LIST.fill(file=path.name))
    else:
        frame = read_raw(path).frame
        used = match_headers([str(name) for name in frame.columns], table_spec("households")).used
        if "household_id" not in used:
            raise InputError(_NO_COLUMN.fill(file=path.name))
        ids = [str(each).strip() for each in frame[used["household_id"][0]].dropna() if str(each).strip()]
    if not ids:
        raise InputError(_NO_IDS)
    return ids


_SAY = Text("请写明 {options}：这会写入账本。", "say {options}: it goes into the ledger.")
_NO_FILES = Text(
    "没有要导入的文件：请给出 --grids、--households 等。", "nothing to import: give --grids, --households or others."
)
_PART_OR_WHOLE = Text(
    "--part（文件只是一部分）和 --replace（整张换新）只能取其一。",
    "--part (a file is only a part) and --replace (it replaces the table) cannot both be.",
)
_KEY_MADE = Text(
    "密钥在 {file}：请与工作区分开保管，每次写入都用 --key 或 GEOGRID_KEY_FILE 指明。",
    "the key is in {file}: keep it apart from the workspace, and name it with --key or GEOGRID_KEY_FILE whenever you write.",
)
_NO_KEY = Text(
    "没有密钥，版本不带 HMAC：整条链被改写时只能靠采纳单上的哈希发现。可用 --new-key 生成。",
    "without a key versions have no HMAC: a chain rewritten as a whole is found by the hashes on adoption sheets alone. "
    "--new-key makes one.",
)
_UNSIGNED = Text(
    "这一版按 --without-key 写入，没有 HMAC，账本已记下；下一次带 --key 的写入会连同它一起担保。",
    "this version was written with --without-key and has no HMAC, as the ledger records; the next one written with --key vouches "
    "for it too.",
)
_WITH_OR_WITHOUT = Text("--key 和 --without-key 只能给一个。", "give --key or --without-key, not both.")
_ONLY_CSV = Text("这张表没有图形，{file} 请改为 .csv。", "this table has no shapes: write a .csv instead of {file}.")
_ERASED = Text(
    "给出 {n} 个编号，抹除 {rows} 行住户，所有版本都已不含。",
    "{n} ids given, {rows} rows of households erased from every version.",
)
_NO_LIST = Text("没有文件 {file}；请检查路径。", "there is no file {file}; check the path.")
_NO_COLUMN = Text("{file} 没有户编号列（household_id、户编号）；请加上。", "{file} has no column household_id; add it.")
_NO_IDS = Text("没有给出户编号。", "no household id is given.")
