"""What the commands do, apart from the terminal's words for it."""

from __future__ import annotations

import os
import socket
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import maps
from api import words
from api.convert import convert, ready, rejected_beside
from api.toldcheck import summary
from api.working import prepare_folder
from geogrid import io
from geogrid.clock import Clock
from geogrid.draft import draft_grids
from geogrid.errors import InputError
from geogrid.late import Late
from geogrid.outputs import SUMMARY, write_private, write_public
from geogrid.profile import data_dir
from geogrid.report import check
from geogrid.stepnames import STEP_NAMES
from geogrid.town import save_town, saved_folder
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api import app as service
    from api import places, serving, settings
    from api.terminal import Terminal
    from geogrid.privacy import PublicReport
    from geogrid.report import Report
    from geogrid.words import Lang
else:
    service, serving, settings, places = Late("api.app"), Late("api.serving"), Late("api.settings"), Late("api.places")

DEMO = Path("geogrid-demo")
FOR_STAFF = Text(
    "工作人员页面（看得到住户，请勿转发；令牌下次启动即换）：http://{h}:{p}/staff#token={token}",
    "For staff (it shows households: do not pass it on; the next start has another token): http://{h}:{p}/staff#token={token}",
)
USED_AGAIN = Text(
    "街道或位置没有变的部分沿用了上次所存的", "What did not change of streets and places was taken from the last check."
)
SAMPLE = {
    "grids": "grids.geojson",
    "households": "households.csv",
    "facilities": "facilities.csv",
    "roads": "roads.geojson",
    "areas": "areas.geojson",
    "units": "units.geojson",
}
"""The sample's file for each table of a check."""


def run_check(
    terminal: Terminal, folder: Path, given: Mapping[str, Any], *, notes: tuple[Text, ...] = (), has_cards: bool = False
) -> Report:
    """Check, write everything into a folder, show the summary and return the exact report."""
    start = perf_counter()
    prepare_folder(folder, [file for file in given.values() if isinstance(file, Path)])
    with terminal.progress(STEP_NAMES) as tell:
        named = {name: value for name, value in given.items() if value is not None}
        report = check(**named, saved=saved_folder(folder), progress=tell)
        public, told = _written(report, folder, Clock(tell), lang=terminal.lang, notes=notes, has_cards=has_cards)
    for remark in (*report.remarks, *([USED_AGAIN] if report.reused else []), *told):
        terminal.say(remark)
    if public.summary.get("standards"):
        terminal.out.print(places.told(report, terminal.lang))
    seconds = perf_counter() - start
    terminal.out.print(summary(public, folder, seconds=seconds, lang=terminal.lang, width=terminal.out.width))
    return report


def _written(
    report: Report, folder: Path, clock: Clock, *, lang: Lang, notes: tuple[Text, ...], has_cards: bool
) -> tuple[PublicReport, tuple[Text, ...]]:
    """Write everything, the report last, so that it can say how long each step took; return it and what the place lacks."""
    told: tuple[Text, ...] = ()
    if places.is_place(report):
        told = places.write_place(report, folder, clock, lang=lang, notes=notes)
    else:
        places.remove_place(folder)
    if has_cards:
        with clock.step("cards"):
            told = (*told, *places.write_cards(report, folder, lang=lang, notes=notes))
    else:
        places.remove_cards(folder)
    with clock.step("publish"):
        public = report.public
    public = _with_seconds(public, clock.seconds)
    with clock.step("write"):
        write_public(public, folder, lang=lang)
        write_private(report, folder, lang=lang)
        save_town(report.town, folder)
    with clock.step("pages"):
        maps.write_pages(public, folder, lang)
    return public, told


def _with_seconds(public: PublicReport, seconds: Mapping[str, float]) -> PublicReport:
    """Add what the steps after the check took."""
    rounded = {step: round(spent, 3) for step, spent in seconds.items()}
    return replace(public, summary={**public.summary, "seconds": {**public.summary["seconds"], **rounded}})


def run_demo(terminal: Terminal, folder: Path) -> None:
    """Check the sample town that is installed with the product."""
    sample = data_dir() / "sample"
    run_check(terminal, folder, {table: sample / name for table, name in SAMPLE.items()})


def run_draft(terminal: Terminal, points: Path, areas: Path, out: Path, *, datum: str) -> None:
    """Draft grids and write them, saying which points and areas stood out."""
    ready(out, points, areas)
    centres, land = io.read_points(points, datum=datum), io.read_areas(areas, datum=datum)
    drafts = draft_grids(centres.table, land.table)
    io.write_table(drafts.grids, out)
    done = Text(
        "已划出 {n} 个草拟网格，写入 {file}。它们只是草案。", "{n} draft grids are in {file}. They are drafts, not boundaries."
    )
    told = [done.fill(n=len(drafts.grids), file=out), *rejected_beside(centres, out), *rejected_beside(land, out)]
    told += [_left_out(row) for row in drafts.left_out.to_dict(orient="records")]
    if drafts.areas_without_points:
        said = Text("没有点的区域各成一个网格：{ids}", "areas without a point became one grid each: {ids}")
        told.append(said.fill(ids=", ".join(drafts.areas_without_points)))
    for line in told:
        terminal.say(line)


def _left_out(row: Mapping[str, Any]) -> Text:
    named = f"{row['point_id']} {row.get('name') or ''}".strip()
    return Text(f"没有用上：{named}，{row['reason_zh']}", f"left out: {named}, {row['reason_en']}")


def run_convert(terminal: Terminal, source: Path, target: Path, **options: Any) -> None:
    """Turn one file into another and say what came of it."""
    for line in convert(source, target, **options):
        terminal.say(line)


def run_serve(terminal: Terminal, given: Mapping[str, Any]) -> None:
    """Serve a folder or a workspace until interrupted; without one, the demo, made first if need be."""
    spoken = {} if settings.CONFIG in os.environ else {"lang": terminal.lang}  # a file may say it
    wanted = settings.settled(spoken | {name: value for name, value in given.items() if value is not None})
    if wanted.workspace is None and wanted.folder == DEMO and not (DEMO / SUMMARY).is_file():
        run_demo(terminal, DEMO)
    with closing(listening(wanted.host, wanted.port)) as listener:
        host, port = listener.getsockname()[:2]
        wanted = wanted.model_copy(update={"port": port})
        app = service.create_app(wanted)
        shown = f"[{host}]" if ":" in host else host
        for line in serving.first_words(wanted, f"http://{shown}:{port}/"):
            terminal.say(line)
        if given.get("staff_token"):
            terminal.say(FOR_STAFF.fill(h=shown, p=port, token=given["staff_token"]))
        with suppress(KeyboardInterrupt):  # the way to stop it, not an interruption
            serving.run(app, wanted, listener)


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    InputError
        If the address or port cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        message = Text(
            "不能在 {host} 的端口 {port} 上启动（{why}）：请用 --port 换一个端口",
            "cannot listen on {host} port {port} ({why}): choose another --port",
        )
        why, where = words.reason(error), {"host": host, "port": port}
        raise InputError(Text(message.zh.format(**where, why=why.zh), message.en.format(**where, why=why.en))) from error
