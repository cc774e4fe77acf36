"""What ``validate``, ``repair`` and ``codes`` do: boundaries and codes tested, mended and numbered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import pandas as pd
from rich.text import Text as Line

from api import days, told, toldcodes, toldwork
from api.convert import ready
from api.drawn import outline_in
from api.help import Wrapped
from api.keeping import opened, unsigned, write_frame
from api.working import at_work, keep, prepare_folder
from geogrid import io
from geogrid.codes import amiss, check_codes, look_up, read_code_list
from geogrid.crs import project, to_wgs84
from geogrid.errors import InputError
from geogrid.gate import border_differences
from geogrid.inputs import require_rows
from geogrid.office import validate as validated
from geogrid.officeland import number_in, repair_in
from geogrid.replacing import replacing
from geogrid.words import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from api.days import Asked
    from api.keeping import Place, Said
    from api.terminal import Terminal
    from geogrid.borders import BorderDifferences
    from geogrid.codes import CodeFinding, CodeList
    from geogrid.repair import Repaired
    from geogrid.store import Workspace

LAYERS = frozenset({".geojson", ".json", ".gpkg"})
DOUBTS = frozenset({"ended", "circular", "not_listed", "name_differs", "not_covered"})
"""What a list says of a code that somebody should look at."""
WRONG = frozenset({"ended", "circular", "not_listed"})
"""Of these, codes that do not exist any more, or never did."""


class Tested(NamedTuple):
    """With what boundaries are tested besides: a neighbour's file, a list of codes; and where the findings go."""

    neighbour: Path | None = None
    code_lists: Sequence[Path] = ()
    findings: Path | None = None
    datum: str = "wgs84"
    on: dt.date | None = None


# Tested


def validate(terminal: Terminal, place: Place, asked: Tested) -> bool:
    """Test boundaries and codes; return whether no defect was found."""
    if asked.findings is not None:
        _ready_layer(asked.findings, place.path)
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        with clock.step("read"):
            listed = read_code_list(*asked.code_lists) if asked.code_lists else None
            beside = None if asked.neighbour is None else _neighbour(workspace, asked.neighbour, asked.datum)
        with clock.step("think"):
            when = days.asked_of(workspace, asked.on)
            version = when.version.version
            found = validated(workspace, version)
            border = None if beside is None else _border(workspace, beside, version, asked.neighbour)
            doubts = _doubts(workspace, listed, version)
        if asked.findings is not None:
            with clock.step("write"):
                layer = _layer(found.gate.findings, border)
                write_layer(layer, asked.findings)
    parts: list[Any] = [
        told.title(terminal.lang, Text("边界和编码检查", "Boundaries and codes"), _aside(workspace, when, terminal))
    ]
    parts += [Wrapped(Line(found.gate.summary.say(terminal.lang), "bold"))]
    parts += [toldwork.findings(found.gate.findings, terminal.lang)] if len(found.gate.findings) else []
    parts += _of_codes(found.codes, doubts, terminal, numbered=found.numbered)
    border_said = [border.summary] if border is not None else []
    parts += told.notes(terminal.lang, [*border_said, *_list_notes(listed), *when.notes])
    if asked.findings is not None:
        written = {asked.findings.name: Text("发现的问题", "findings")}
        parts.append(told.files(terminal.lang, written, asked.findings.parent))
    terminal.out.print(told.spaced(parts))
    wrong = any(table["finding"].isin(WRONG).any() for table in doubts.values())
    return found.ok and not wrong and (border is None or (border.differences.empty and border.other_land.empty))


def _aside(workspace: Workspace, when: Asked, terminal: Terminal) -> str:
    return "  ".join(part for part in (workspace.name, when.aside.say(terminal.lang)) if part)


def _least(workspace: Workspace) -> float:
    return float(workspace.profile.defect_width_m)


def _neighbour(workspace: Workspace, file: Path, datum: str) -> gpd.GeoDataFrame:
    """Read a neighbour's grids, or its areas."""
    try:
        read = io.read_grids(file, profile=workspace.profile, datum=datum)
    except InputError:
        read = io.read_areas(file, profile=workspace.profile, datum=datum)
    require_rows(read, "grids" if "grid_id" in read.table else "areas")
    return project(read.table, workspace.crs)


def _border(workspace: Workspace, theirs: gpd.GeoDataFrame, version: int, file: Path | None) -> BorderDifferences:
    """Hold a neighbour's border against ours; refuse who is none."""
    ours = _ours(workspace, theirs, version)
    found = border_differences(ours, theirs, defect_width_m=_least(workspace), within_m=_NEIGHBOUR_WITHIN_M)
    if not found.apart_m <= _NEIGHBOUR_WITHIN_M:
        name = "" if file is None else file.name
        raise InputError(_NO_NEIGHBOUR.fill(file=name, apart=f"{found.apart_m:,.0f}", within=f"{_NEIGHBOUR_WITHIN_M:g}"))
    return found


def _ours(workspace: Workspace, theirs: gpd.GeoDataFrame, version: int) -> gpd.GeoDataFrame:
    """Return our rows of the same kind as the neighbour's: the smallest areas, else the smallest grids."""
    areas = workspace.read("areas", version=version)
    if "grid_id" not in theirs and len(areas):
        return areas[~areas["area_id"].isin(areas["parent_id"].dropna())]
    grids = workspace.read("grids", version=version)
    return grids[~grids["grid_id"].isin(grids["parent_id"].dropna())]


def _doubts(workspace: Workspace, listed: CodeList | None, version: int) -> dict[str, pd.DataFrame]:
    """Return by table what a list of codes says that somebody should look at."""
    if listed is None:
        return {}
    asked = {"areas": "area_id", "grids": "grid_id"}
    said = {table: look_up(workspace.read(table, version=version), listed, id_column=key) for table, key in asked.items()}
    return {table: rows[rows["finding"].isin(DOUBTS)] for table, rows in said.items()}


def _of_codes(
    found: tuple[CodeFinding, ...] | None, doubts: dict[str, pd.DataFrame], terminal: Terminal, *, numbered: bool
) -> list[Any]:
    lang = terminal.lang
    parts: list[Any] = [toldcodes.codes(found, lang)] if found else []
    parts += [toldcodes.looked_up(rows, table, lang) for table, rows in doubts.items() if len(rows)]
    if found is None:
        return [*parts, Wrapped(Line(_UNCODED.say(lang), "dim"))]
    if not numbered:
        return [*parts, Wrapped(Line(_NOT_NUMBERED.say(lang), "dim"))]
    return parts or [Line(_CODES_GOOD.say(lang), "green")]


def _list_notes(listed: CodeList | None) -> list[Text]:
    if listed is None:
        return []
    n = listed.rejected["line"].nunique() if len(listed.rejected) else 0
    return [*listed.notes, *([_LIST_ROWS.fill(n=n)] if n else [])]


def _layer(findings: gpd.GeoDataFrame, border: Any) -> gpd.GeoDataFrame:
    """Return findings as one layer, the differences with a neighbour among them."""
    if border is None or border.differences.empty:
        return findings
    rows = border.differences.rename(columns={"difference_id": "finding_id", "our_ids": "grid_ids", "their_ids": "other_ids"})
    rows = rows.assign(kind="border_" + rows["kind"], severity="defect")
    return gpd.GeoDataFrame(pd.concat([findings, rows], ignore_index=True), geometry="geometry", crs=findings.crs)


def _ready_layer(target: Path, *inputs: Path) -> None:
    """Refuse a target that is no layer, before the work."""
    if target.suffix.casefold() not in LAYERS:
        raise InputError(_NO_LAYER.fill(file=target.name))
    ready(target, *inputs)


def _ready_table(target: Path, *inputs: Path) -> None:
    """Refuse a target that is no table, before the work."""
    if target.suffix.casefold() != ".csv":
        raise InputError(_NO_TABLE.fill(file=target.name))
    ready(target, *inputs)


def write_layer(layer: gpd.GeoDataFrame, target: Path) -> None:
    """Write a layer in WGS 84 (GeoJSON) or in its own CRS (GeoPackage), whole or not at all."""
    is_json = target.suffix.casefold() != ".gpkg"
    if is_json:
        with replacing(target) as part:
            frame = to_wgs84(layer) if len(layer) else layer.to_crs(4326)
            path = part.with_suffix(".geojson")
            io.write_table(frame, path)
            path.replace(part)
        return
    io.write_table(layer, target)


# Mended


def repair(terminal: Terminal, place: Place, *, said: Said, asked: Mending) -> None:
    """Mend boundaries and write them as a version, or show what would be mended."""
    act = said.act(needs=not asked.dry_run)
    if asked.folder is not None:
        prepare_folder(asked.folder, [place.path])
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        with clock.step("read"):
            inside = None if asked.inside is None else outline_in(asked.inside)
        with clock.step("think"):
            head, held = workspace.head, workspace.in_force()
            done = repair_in(workspace, width_m=asked.width_m, inside=inside)
            changes = done.redrawn > 0
        with clock.step("write"):
            made = None
            if changes and not asked.dry_run:
                made = workspace.write_boundaries(done.boundaries, kind="repair", act=act, base=head.version)
            if asked.folder is not None:
                _write_repair(done, asked.folder)
    lang = terminal.lang
    parts: list[Any] = [
        told.title(lang, Text("修补边界", "Repair"), workspace.name),
        Wrapped(Line(done.summary.say(lang), "bold")),
    ]
    parts += toldwork.mended(done, lang)
    said_too = [toldwork.moved_households(done)] if len(done.moved) else []
    said_too += [_TRIAL] if asked.dry_run and changes else []
    said_too += [*unsigned(made, signed=bool(head.hmac)), *days.ahead(made, held)] if made else days.built_on(held)
    parts += told.notes(lang, said_too)
    parts += [toldwork.version(made, lang)] if made else []
    parts += [told.files(lang, REPAIR_FILES, asked.folder)] if asked.folder is not None else []
    terminal.out.print(told.spaced(parts))


class Mending(NamedTuple):
    """How boundaries are mended: up to which width, inside what, and where the details go."""

    width_m: float = 1.0
    inside: Path | None = None
    folder: Path | None = None
    dry_run: bool = False


def _write_repair(done: Repaired, folder: Path) -> None:
    write_layer(done.mended, folder / "mended.geojson")
    write_layer(done.left, folder / "left.geojson")
    # Four, so that what is added up is right to the hundredth.
    digits = {name: 4 for name in done.account.columns if name.endswith("_m2")}
    write_frame(pd.DataFrame(done.account.round(digits)), folder / "account.csv")
    keep(folder, "moved.csv", partial(_write_moved, done))


def _write_moved(done: Repaired, part: Path) -> None:
    listed = done.moved.assign(**{name: done.moved[name].map(";".join) for name in ("from_ids", "to_ids")})
    listed.map(io.safe_cell).to_csv(part, index=False, encoding="utf-8-sig")


REPAIR_FILES = {
    "mended.geojson": Text("修补之处", "what was mended"),
    "left.geojson": Text("留给人决定的", "what is left for a person"),
    "account.csv": Text("面积账", "account of the land"),
    "private/moved.csv": Text("换了网格的住户", "households in another grid"),
}


# Numbered


class Coding(NamedTuple):
    """Which lists codes are looked up in, whether grids without one are numbered, and where all that is found goes."""

    code_lists: Sequence[Path] = ()
    number: bool = False
    findings: Path | None = None
    on: dt.date | None = None


def codes(terminal: Terminal, place: Place, *, asked: Coding, said: Said) -> bool:
    """Check codes, look names up, give codes to grids without one; return whether none is wrong."""
    if asked.number and asked.on is not None:
        raise InputError(_NUMBER_NOW)
    act, number = said.act(needs=asked.number), asked.number
    if asked.findings is not None:
        _ready_table(asked.findings, place.path)
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        with clock.step("read"):
            listed = read_code_list(*asked.code_lists) if asked.code_lists else None
        head, when = workspace.head, days.asked_of(workspace, asked.on)
        state, given = number_in(workspace) if number else (workspace.boundaries(version=when.version.version), {})
        with clock.step("think"):
            made = workspace.write_boundaries(state, kind="correct", act=act, base=head.version) if given else None
            version = (made or head).version if number else when.version.version
            found = _checked(workspace, version)
            doubts = _doubts(workspace, listed, version)
            held = workspace.in_force()
        if asked.findings is not None:
            write_frame(toldcodes.code_frame(found or (), doubts, terminal.lang), asked.findings)
    lang = terminal.lang
    coded = sum(bool(grid.code) for grid in state.grids.values())
    aside = Text("{n} 个网格，{coded} 个有编码", "{n} grids, {coded} with a code").fill(n=len(state.grids), coded=coded)
    parts: list[Any] = [
        told.title(lang, Text("编码", "Codes"), aside.say(lang)),
        *_of_codes(found, doubts, terminal, numbered=coded > 0),
    ]
    of_days = (days.ahead(made, held) if made else days.built_on(held)) if number else when.notes
    parts += told.notes(lang, [*_list_notes(listed), *_given(given, number=number), *of_days])
    if made:
        parts += [*told.notes(lang, unsigned(made, signed=bool(head.hmac))), toldwork.version(made, lang)]
    if asked.findings is not None:
        parts.append(told.files(lang, {asked.findings.name: Text("发现的问题", "findings")}, asked.findings.parent))
    terminal.out.print(told.spaced(parts))
    wrong = found if number else amiss(found or (), state)
    return not wrong and not any(rows["finding"].isin(WRONG).any() for rows in doubts.values())


def _checked(workspace: Workspace, version: int) -> tuple[CodeFinding, ...] | None:
    profile = workspace.profile
    return (
        check_codes(workspace.boundaries(version=version), profile.code_scheme, used_before=workspace.codes_used())
        if profile.code_pattern
        else None
    )


def _given(codes_: dict[str, str], *, number: bool) -> list[Text]:
    if not number:
        return []
    if not codes_:
        return [_NONE_GIVEN]
    named = ", ".join(f"{key} {code}" for key, code in list(codes_.items())[: toldwork.MOST_ROWS])
    end = " …" if len(codes_) > toldwork.MOST_ROWS else ""
    return [Text(f"新编 {len(codes_)} 个：{named}{end}", f"{len(codes_)} new codes: {named}{end}")]


_NO_LAYER = Text("{file} 应为 .geojson 或 .gpkg；请改扩展名。", "{file} should be a .geojson or .gpkg; change its extension.")
_NO_TABLE = Text("{file} 应为 .csv；请改扩展名。", "{file} should be a .csv; change its extension.")
_NEIGHBOUR_WITHIN_M = 50.0
"""Borders farther apart are not the same border."""
_NO_NEIGHBOUR = Text(
    "{file} 离本地边界 {apart} 米，超过 {within} 米，不是邻方；请检查文件，或用 --datum 说明坐标系。",
    "{file} lies {apart} m from our boundaries, more than {within} m: no neighbour's; check the file, or say its --datum.",
)
_UNCODED = Text(
    "配置没有写编码规则（code_pattern），未检查编码。",
    "Codes were not tested: the profile has no code_pattern.",
)
_NOT_NUMBERED = Text(
    "网格还没有编码，这不算问题。要编码请用 geogrid codes 工作区 --number --who 姓名 --reason 理由（所属区域要先有代码）。",
    "The grids have no codes yet, which is nothing wrong. To give them some: geogrid codes WORKSPACE --number --who NAME "
    "--reason WHY (their areas must have codes first).",
)
_CODES_GOOD = Text("编码没有问题。", "The codes are in order.")
_LIST_ROWS = Text("代码表有 {n} 行不能用，未计。", "{n} rows of the list of codes could not be used.")
_NUMBER_NOW = Text(
    "--number 总是给最新一版编码，不能与 --on 同用。", "--number gives codes in the newest version: it cannot go with --on."
)
_NONE_GIVEN = Text(
    "没有可以编码的网格：都已有编码，或所属区域没有代码。", "no grid to number: all have a code, or their areas have none."
)
_TRIAL = Text("只是试算，什么也没有写。", "A trial: nothing was written.")
