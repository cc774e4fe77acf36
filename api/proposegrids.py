"""What ``geogrid propose grids|even|merge|shares`` does: asks the library, saves plans, writes the report, tells of it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from api import told, toldgrids, toldplans
from api.asking import noted
from api.gridspage import book_of, grids_page, made_from, obstacle_rows, shares_page, units_page
from api.keeping import Place, opened, write_frame
from api.working import keep, prepare_folder, write_csv
from geogrid import io
from geogrid.balance import propose, save
from geogrid.crs import to_wgs84
from geogrid.merging import MEASURES, propose_merge, propose_units
from geogrid.plain import plain
from geogrid.replacing import PRIVATE, private_folder
from geogrid.sharing import propose_shares
from geogrid.words import Text
from geogrid.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from api.terminal import Terminal
    from geogrid.balance import GridsAsked, Proposal
    from geogrid.clock import Clock
    from geogrid.effort import Effort
    from geogrid.merging import MergeAsked
    from geogrid.sharing import SharesAsked
    from geogrid.store import Workspace


def grids(terminal: Terminal, place: Path, asked: GridsAsked, *, folder: Path, effort: Effort, clock: Clock) -> None:
    """Divide villages anew, save the alternatives as plans, and write the report."""
    prepare_folder(folder, [place])
    with opened(clock, Place(place)) as workspace:
        with clock.step("think"):
            done = save(workspace, propose(workspace, asked, effort), who=asked.who)
        _write_and_tell(terminal, workspace, done, folder, clock)


def even(terminal: Terminal, place: Path, asked: GridsAsked, *, folder: Path, effort: Effort, clock: Clock) -> None:
    """Even out today's grids, save the alternatives as plans, and write the report."""
    grids(terminal, place, asked, folder=folder, effort=effort, clock=clock)


def merge(terminal: Terminal, place: Path, asked: MergeAsked, *, folder: Path, effort: Effort, clock: Clock) -> None:
    """Merge grids, or units, below a minimum with their neighbours."""
    prepare_folder(folder, [place])
    with opened(clock, Place(place)) as workspace:
        if asked.of == "units":
            _merge_units(terminal, workspace, asked, (folder, effort, clock))
            return
        with clock.step("think"):
            done = save(workspace, propose_merge(workspace, asked, effort), who=asked.who)
        _write_and_tell(terminal, workspace, done, folder, clock)


def shares(terminal: Terminal, place: Path, asked: SharesAsked, *, folder: Path, effort: Effort, clock: Clock) -> None:
    """Divide the households of grids among their members."""
    prepare_folder(folder, [place])
    lang = terminal.lang
    with opened(clock, Place(place)) as workspace:
        with clock.step("think"):
            done = propose_shares(workspace, asked, effort)
        with clock.step("write"):
            page = shares_page(done, _name(workspace), lang)
            rest = {"obstacles": obstacle_rows(done.obstacles, lang), "made_from": made_from(done.provenance)}
            sheets = {"shares": done.shares.drop(columns="geometry"), **rest, "notes": noted(done.notes, lang)}
            _keep_all(folder, page, sheets, done.to_record(), lang)
            keep(folder, "shares.csv", lambda part: write_csv(done.households, part))
            keep(folder, "shares.geojson", lambda part: io.write_table(to_wgs84(done.shares), part))
            if len(done.table):
                write_frame(done.table, private_folder(folder / PRIVATE) / HOUSEHOLDS)
    parts = [toldgrids.heading("shares", done.provenance, lang), toldgrids.figures(done.figures, lang)]
    parts += [toldgrids.shares(done.shares, lang), *toldgrids.obstacles(done.obstacles, lang), *told.notes(lang, done.notes)]
    written = {name: said for name, said in SHARE_FILES.items() if len(done.table) or not name.endswith(HOUSEHOLDS)}
    terminal.out.print(told.spaced([*parts, told.files(lang, {**FILES, **written}, folder)]))


def _merge_units(terminal: Terminal, workspace: Workspace, asked: MergeAsked, how: tuple[Path, Effort, Clock]) -> None:
    folder, effort, clock = how
    lang = terminal.lang
    with clock.step("think"):
        done = propose_units(workspace, asked, effort)
    with clock.step("write"):
        page = units_page(done, _name(workspace), lang)
        rest = {"obstacles": obstacle_rows(done.obstacles, lang), "made_from": made_from(done.provenance)}
        sheets = {"merged": done.groups.drop(columns="geometry"), **rest, "notes": noted(done.notes, lang)}
        _keep_all(folder, page, sheets, done.to_record(), lang)
        write_frame(done.units, private_folder(folder / PRIVATE) / "units.gpkg")
    rows = done.groups.drop(columns="geometry").to_dict("records")
    parts = [
        toldgrids.heading("merge", done.provenance, lang),
        toldgrids.figures(done.figures, lang),
        toldgrids.joined(rows, MEASURES[asked.by], lang),
        *toldgrids.obstacles(done.obstacles, lang),
        *told.notes(lang, done.notes),
    ]
    terminal.out.print(told.spaced([*parts, told.files(lang, {**FILES, **UNIT_FILES}, folder)]))


def _write_and_tell(terminal: Terminal, workspace: Workspace, done: Proposal, folder: Path, clock: Clock) -> None:
    lang = terminal.lang
    with clock.step("write"):
        _keep_all(folder, grids_page(done, _name(workspace), lang), book_of(done, lang), done.to_record(), lang)
    parts = [toldgrids.heading(done.kind, done.provenance, lang)]
    if done.alternatives:
        parts += [toldgrids.alternatives(done, lang), *toldgrids.moves(done, lang)]
        parts += [toldplans.summary(done.alternatives[0].sheet.summary, lang)] if done.today else []
        parts += told.notes(lang, [note for each in done.alternatives for note in each.notes])
    parts += [*toldgrids.obstacles(done.obstacles, lang), *told.notes(lang, done.notes)]
    if done.alternatives:
        parts += told.notes(lang, [_NEXT.fill(plan=done.alternatives[0].plan.name)])
    terminal.out.print(told.spaced([*parts, told.files(lang, FILES, folder)]))


def _keep_all(folder: Path, page: str, sheets: Mapping[str, pd.DataFrame], record: Mapping[str, Any], lang: Any) -> None:
    """Write the page, the workbook and the record, all private."""
    keep(folder, "proposal.html", lambda part: part.write_text(page, encoding="utf-8"))
    keep(folder, "proposal.xlsx", partial(_book, sheets, lang))
    text = json.dumps(record, ensure_ascii=False, indent=1, default=plain)
    keep(folder, "proposal.json", lambda part: part.write_text(text, encoding="utf-8"))


def _book(sheets: Mapping[str, pd.DataFrame], lang: Any, part: Path) -> None:
    write_workbook(sheets, part, lang=lang, services={})


def _name(workspace: Workspace) -> str:
    return workspace.name or workspace.path.stem


HOUSEHOLDS = "households.gpkg"
FILES: Mapping[str, Text] = {
    "private/proposal.html": Text("地图：现状与建议并排", "map: today and the proposal side by side"),
    "private/proposal.xlsx": Text("各备选方案、各网格、做不到的地方", "alternatives, grids, what is not possible"),
    "private/proposal.json": Text("依据：输入、设定、种子、耗时", "what it was made from: inputs, settings, seed"),
}
SHARE_FILES: Mapping[str, Text] = {
    "private/shares.csv": Text("每户归谁包干（含户编号）", "who is responsible for each household"),
    "private/shares.geojson": Text("分片的范围", "the land of the shares"),
    "private/households.gpkg": Text(
        "填好负责人的住户表，可用 geogrid import 导入", "the table of households with them, for geogrid import"
    ),
}
UNIT_FILES: Mapping[str, Text] = {
    "private/units.gpkg": Text("合并后的单元表，可用 geogrid import 导入", "the table of units as joined, for geogrid import"),
}
_NEXT = Text(
    "已存为方案；用 geogrid plan show、plan diff、plan apply、plan adopt 查看、修改、采纳，如方案“{plan}”。",
    "saved as plans; look at them, change and adopt them with geogrid plan show, diff, apply and adopt, such as {plan!r}.",
)
