"""What the questions do: open the saved town, ask the library, write the answer, show it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from rich.console import Group

from api import told, toldchanges
from api.changes import changes_json, read_changes, require_printable
from api.convert import ready
from api.source import read_folder
from api.working import at_work, keep, lost_rows, prepare_folder, write_open
from geogrid import access as decays
from geogrid import io
from geogrid.accessibility import accessibility
from geogrid.adding import add_paths
from geogrid.crs import to_wgs84
from geogrid.errors import InputError
from geogrid.explain import explain as explained
from geogrid.outputs import COORDINATE_DECIMALS
from geogrid.plain import plain
from geogrid.reach import catchments
from geogrid.reach import reach as reached
from geogrid.replacing import PRIVATE, PRIVATE_FILE, replacing
from geogrid.settings import LATER, NOW, service_ids
from geogrid.streets import close as closed_off
from geogrid.streets import network_report
from geogrid.town import open_town
from geogrid.whatif import start
from geogrid.words import Text
from geogrid.workbook import write_workbook
from maps.page import is_osm
from maps.reach import reach_page
from maps.streets import streets_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from api.terminal import Terminal
    from geogrid.accessibility import Accessibility
    from geogrid.adding import PathsEffect
    from geogrid.clock import Clock
    from geogrid.reach import Reach
    from geogrid.results import ReadResult
    from geogrid.streets import ClosureEffect, StreetReport
    from geogrid.town import Town
    from geogrid.whatif import Change, WhatIf
    from geogrid.words import Lang

ALL_FACILITIES = "all"
MOST_SHEET_ROWS = 100_000
"""Rows that a workbook opens with in reasonable time."""


class Pictured(NamedTuple):
    """Which pictures of reach are asked for: services, facilities, limits in minutes, and what catchments are drawn over."""

    services: Sequence[str]
    facilities: Sequence[str]
    minutes: Sequence[float]
    over: str | None


def opened(clock: Clock, checked: Path) -> Town:
    """Open the town that a check left in its folder."""
    with clock.step("open"):
        return open_town(checked)


def known_service(town: Town, name: str) -> str:
    """Return a service by any of its names; whether the town has it, the question itself says."""
    return service_ids([name], town.settings.profile)[0]


def streets_of(result: ReadResult) -> gpd.GeoDataFrame:
    """Return the good rows of a file.

    Raises
    ------
    InputError
        There is none.
    """
    if result.table.empty:
        raise InputError(_NOTHING.fill(file=result.source.name, n=len(result.rejected)))
    return result.table


# Files


def keep_book(folder: Path, name: str, tables: Mapping[str, pd.DataFrame], town: Town, lang: Lang) -> dict[str, Text]:
    """Write tables as a private workbook; a table longer than a sheet should be is written whole beside it, and named."""
    services = {s: town.settings.profile.services[s].name for s in town.settings.services}
    short = {key: table.head(MOST_SHEET_ROWS) for key, table in tables.items()}
    keep(folder, f"{name}.xlsx", lambda part: write_workbook(short, part, lang=lang, services=services))
    beside = {key: table for key, table in tables.items() if len(table) > MOST_SHEET_ROWS}
    for key, table in beside.items():
        keep(folder, f"{name}_{key}.csv", partial(_write_csv, table))
    said = Text("全部 {n} 行（{name}.xlsx 中只有前 {most} 行）", "all {n} rows ({name}.xlsx holds the first {most})")
    return {
        f"{PRIVATE}/{name}_{key}.csv": said.fill(n=f"{len(table):,}", name=name, most=f"{MOST_SHEET_ROWS:,}")
        for key, table in beside.items()
    }


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table without geometry, its text safe from being run as formulas."""
    plainly = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    texts = plainly.columns[[not pd.api.types.is_numeric_dtype(dtype) for dtype in plainly.dtypes]]
    safe = {column: plainly[column].map(lambda value: io.safe_cell(plain(value))) for column in texts}
    plainly.assign(**safe).to_csv(path, index=False, encoding="utf-8-sig")


def keep_layer(folder: Path, name: str, layer: gpd.GeoDataFrame) -> None:
    """Write a private layer as GeoJSON in WGS 84."""
    keep(folder, name, lambda part: io.write_table(_to_a_centimetre(layer), part))


def _to_a_centimetre(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    degrees = to_wgs84(layer)
    return degrees.set_geometry(degrees.geometry.set_precision(10.0**-COORDINATE_DECIMALS, mode="pointwise"))


def noted(notes: Sequence[Text], lang: Lang) -> pd.DataFrame:
    """Return notes as a table."""
    return pd.DataFrame({"note": [note.say(lang) for note in notes]}, dtype=object)


# Streets


def network(terminal: Terminal, checked: Path, folder: Path, *, add_streets: Path | None, datum: str) -> None:
    """Say how good the street data is, and what a planner's own paths would change."""
    with at_work(terminal) as clock:
        town = opened(clock, checked)
        summary = read_folder(checked).summary
        prepare_folder(folder)
        with clock.step("read"):
            read = None if add_streets is None else io.read_roads(add_streets, profile=town.settings.profile, datum=datum)
        with clock.step("think"):
            report = network_report(town)
            effect = None if read is None else add_paths(town, streets_of(read))
            after = report if effect is None else network_report(effect.after)
        with clock.step("write"):
            page = streets_page(after, terminal.lang, is_osm=is_osm(summary))
            keep(folder, "network.html", lambda part: part.write_text(page, encoding="utf-8"))
            written = NETWORK_FILES | _write_network(folder, town, after, effect, terminal.lang)
    parts = [*told.streets(report, terminal.lang)]
    parts += toldchanges.paths(town, report, after, effect, terminal.lang) if effect is not None else []
    lost = lost_rows(read) if read is not None else []
    parts += told.notes(terminal.lang, [*report.notes, *lost])
    terminal.out.print(told.spaced([*parts, told.files(terminal.lang, written, folder)]))


def _write_network(folder: Path, town: Town, report: StreetReport, effect: PathsEffect | None, lang: Lang) -> dict[str, Text]:
    totals = [
        {"key": name.say(lang), "value": report.totals[key]} for key, name in {**told.STREET_TOTALS, **told.HOME_TOTALS}.items()
    ]
    findings = report.findings.drop(columns=["note_zh", "note_en"]).assign(note=report.findings[f"note_{lang}"])
    tables = {"totals": pd.DataFrame(totals), "findings": findings, "street_use": report.use, "notes": noted(report.notes, lang)}
    if effect is not None:
        tables |= {"joined": effect.joined.joined, "loose": effect.joined.loose}
        tables |= {"effect": effect.services, "effect_grids": effect.grids, "effect_households": effect.households}
    keep_layer(folder, "network.geojson", report.findings)
    return keep_book(folder, "network", tables, town, lang)


NETWORK_FILES = {
    "private/network.html": Text("地图：用量和可疑之处", "map: use and findings"),
    "private/network.xlsx": Text("表格", "tables"),
    "private/network.geojson": Text("可疑之处图层", "layer of findings"),
}


# Why


def explain(terminal: Terminal, checked: Path, household: str, service: str, *, later: bool, target: Path | None) -> None:
    """Say why a household is covered or not, and draw its ways."""
    if target is not None:
        if target.suffix.casefold() not in (".geojson", ".json"):
            raise InputError(_NOT_GEOJSON.fill(file=target.name))
        ready(target)
    with at_work(terminal) as clock:
        town = opened(clock, checked)
        with clock.step("think"):
            found = explained(town, household.strip(), known_service(town, service), when=LATER if later else NOW)
    parts = told.explanation(found, terminal.lang)
    if target is not None:
        with replacing(target, mode=PRIVATE_FILE) as part:
            part.write_text(json.dumps(found.to_features(), ensure_ascii=False, allow_nan=False), encoding="utf-8")
        says = Text("路线（含住户位置，勿外传）", "ways, with the household's place: keep private")
        parts.append(told.files(terminal.lang, {target.name: says}, target.parent))
    terminal.out.print(told.spaced(parts))


# Pictures of reach


def reach(terminal: Terminal, checked: Path, folder: Path, asked: Pictured) -> None:
    """Draw service areas and catchments."""
    with at_work(terminal) as clock:
        town = opened(clock, checked)
        public = read_folder(checked)
        prepare_folder(folder)
        services = service_ids(asked.services, town.settings.profile) or None
        named = ALL_FACILITIES if list(asked.facilities) == [ALL_FACILITIES] else asked.facilities
        with clock.step("think"):
            drawn = reached(town, services=services, facility_ids=named, minutes=asked.minutes)
            caught = {service: catchments(town, service, over=asked.over) for service in drawn.pictures.mode}
        with clock.step("write"):
            pictures = drawn.public
            write_open(folder / "reach.geojson", lambda part: io.write_table(_to_a_centimetre(pictures.bands), part))
            page = reach_page(pictures, public, lang=terminal.lang)
            write_open(folder / "reach.html", lambda part: part.write_text(page, encoding="utf-8"))
            inside = reach_page(pictures, public, agreement=drawn.agreement, catchments=caught, lang=terminal.lang)
            keep(folder, "reach.html", lambda part: part.write_text(inside, encoding="utf-8"))
            _write_reach(folder, town, drawn, caught, terminal.lang)
    parts = [told.title(terminal.lang, _REACH), *told.pictures(town, drawn, terminal.lang)]
    parts += told.notes(terminal.lang, drawn.pictures.notes)
    terminal.out.print(told.spaced([*parts, told.files(terminal.lang, REACH_FILES, folder)]))


def _write_reach(folder: Path, town: Town, drawn: Reach, caught: Mapping[str, Any], lang: Lang) -> None:
    together = pd.concat([one.table.assign(service=service) for service, one in caught.items()], ignore_index=True)
    left = pd.concat([one.none.assign(service=service) for service, one in caught.items()], ignore_index=True)
    agreement = drawn.agreement.rename(columns={"share": "share_disagree"})
    tables = {"agreement": agreement, "catchments": together, "without_catchment": left}
    keep_book(folder, "reach", {**tables, "notes": noted(drawn.pictures.notes, lang)}, town, lang)
    keep_layer(folder, "catchments.geojson", together.set_geometry("geometry"))


REACH_FILES = {
    "reach.html": Text("等时圈地图，可公开", "map of bands, fit to publish"),
    "reach.geojson": Text("等时圈图层，可公开", "layer of bands, fit to publish"),
    "private/reach.html": Text("另含服务范围和出入", "with catchments and disagreement besides"),
    "private/reach.xlsx": Text("各时限的出入、服务范围的户数", "disagreement by limit, households by catchment"),
    "private/catchments.geojson": Text("服务范围图层", "layer of catchments"),
}


# Room for everyone


def access(terminal: Terminal, checked: Path, folder: Path, service: str, asked: Mapping[str, Any]) -> None:
    """Say whether there is room for everyone."""
    if asked.get("decay") is not None:
        decays.decay_named(asked["decay"])
    with at_work(terminal) as clock:
        town = opened(clock, checked)
        prepare_folder(folder)
        with clock.step("think"):
            found = accessibility(town, known_service(town, service), **asked)
        with clock.step("write"):
            beside = keep_book(folder, "access", access_tables(found, terminal.lang), town, terminal.lang)
    parts = [*told.room(town, found, terminal.lang), *told.notes(terminal.lang, found.notes)]
    written = {"private/access.xlsx": Text("各设施、各网格、不平等", "by facility, by grid, inequality")}
    terminal.out.print(told.spaced([*parts, told.files(terminal.lang, written | beside, folder)]))


def access_tables(found: Accessibility, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the sheets of a question about room: facilities, grids, who is displaced, inequality and its parts."""
    rows = found.households
    displaced = {"displaced": rows[rows["displaced"]].drop(columns="displaced")} if "displaced" in rows else {}
    asked = [{"key": key, "value": value} for key, value in found.question._asdict().items()]
    return {
        "settings": pd.DataFrame(asked),
        "access_facilities": found.by_facility,
        "access_grids": found.by_grid,
        **displaced,
        "inequality": found.inequality,
        "inequality_groups": found.groups.rename(columns={"share": "share_held"}),
        "notes": noted(found.notes, lang),
    }


# What if, and closures


def whatif(terminal: Terminal, checked: Path, folder: Path, *, file: Path | None, asked: Sequence[Change]) -> None:
    """Try out changes of facilities: those of the file first, then those asked for."""
    changes = [*(read_changes(file) if file is not None else []), *asked]
    if not changes:
        raise InputError(_NO_CHANGES)
    require_printable(changes)
    with at_work(terminal) as clock:
        town = opened(clock, checked)
        prepare_folder(folder)
        with clock.step("think"):
            tried = start(town).apply(*changes)
        with clock.step("write"):
            written = WHATIF_FILES | _write_whatif(folder, tried, terminal.lang)
    said = Text("假如：{n} 处变更", "What if: {n} changes").fill(n=len(changes))
    head = Group(told.title(terminal.lang, said), toldchanges.changes(town, tried.changes, terminal.lang))
    parts = [head, *toldchanges.gains(town, tried.effect(), terminal.lang)]
    terminal.out.print(told.spaced([*parts, told.files(terminal.lang, written, folder)]))


def _write_whatif(folder: Path, tried: WhatIf, lang: Lang) -> dict[str, Text]:
    found = tried.effect()
    made = pd.DataFrame([change.to_record() for change in tried.changes])
    tables = {"effect": found.totals, "effect_grids": found.by_grid, "effect_households": found.households, "changes": made}
    keep(folder, "whatif.json", lambda part: part.write_bytes(changes_json(tried.changes)))
    return keep_book(folder, "whatif", tables, tried.town, lang)


WHATIF_FILES = {
    "private/whatif.xlsx": Text("合计、各网格、受影响的住户", "totals, by grid, households affected"),
    "private/whatif.json": Text("这些变更，可用 --changes 接着试", "the changes: go on from them with --changes"),
}


def close(terminal: Terminal, checked: Path, folder: Path, closures: Path, *, asked: Mapping[str, Any], datum: str) -> None:
    """Say what closed streets do."""
    with at_work(terminal) as clock:
        town = opened(clock, checked)
        prepare_folder(folder)
        with clock.step("read"):
            read = io.read_closures(closures, profile=town.settings.profile, datum=datum)
        with clock.step("think"):
            effect = closed_off(town, streets_of(read), **asked)
        with clock.step("write"):
            written = CLOSE_FILES | _write_close(folder, town, effect, terminal.lang)
    parts = [*toldchanges.closed(town, effect, terminal.lang), *told.notes(terminal.lang, [*effect.notes, *lost_rows(read)])]
    terminal.out.print(told.spaced([*parts, told.files(terminal.lang, written, folder)]))


def _write_close(folder: Path, town: Town, effect: ClosureEffect, lang: Lang) -> dict[str, Text]:
    tables = {"effect": effect.services, "effect_grids": effect.grids, "effect_households": effect.households}
    tables |= {"closed": effect.closed, "notes": noted(effect.notes, lang)}
    keep_layer(folder, "close.geojson", effect.closed)
    return keep_book(folder, "close", tables, town, lang)


CLOSE_FILES = {
    "private/close.xlsx": Text("合计、各网格、受影响的住户", "totals, by grid, households affected"),
    "private/close.geojson": Text("封闭路段图层", "layer of the closed streets"),
}

_REACH = Text("多远能到", "How far one gets")
_NOTHING = Text("{file} 没有可用的行（{n} 行不可用）", "{file} holds no usable row ({n} were rejected)")
_NOT_GEOJSON = Text("--out {file} 应为 .geojson 文件", "--out {file}: give a .geojson file")
_NO_CHANGES = Text(
    "没有要试的变更：请用 --add、--move、--close、--open 或 --changes",
    "nothing to try: give --add, --move, --close, --open or --changes",
)
