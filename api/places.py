"""A place held against its profile: pages and workbook that a check adds, notice cards, and the made-up example of a place."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from geogrid.placethemes import place_themes

from api import jobs
from api.terminal import clean, columns
from api.working import keep, prepare_folder, write_open
from geogrid.errors import InputError
from geogrid.placebook import place_tables
from geogrid.profile import data_dir
from geogrid.publish import streets_of
from geogrid.standards import FAIL
from geogrid.summary import OSM_NOTE
from geogrid.words import Text
from geogrid.workbook import write_workbook
from maps.cards import grid_cards
from maps.place import place_page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import RenderableType

    from api.terminal import Terminal
    from geogrid.report import Report
    from geogrid.words import Lang

PAGE, BOOK, CARDS = "place.html", "place.xlsx", "cards.html"
PUBLIC_URL = "GEOGRID_PUBLIC_URL"
MADE_UP = Text("本例由程序生成：地块、住户、人员均为虚构。", "Made up by a program: land, households and people do not exist.")
MAKER = "make_place.py"
FILES = {
    "areas": "areas.geojson",
    "grids": "grids.geojson",
    "units": "units.geojson",
    "households": "households.csv",
    "facilities": "facilities.csv",
    "roads": "roads.geojson",
    "buildings": "buildings.geojson",
    "staff": "staff.csv",
    "events": "events.csv",
    "grades": "grades.csv",
    "area_members": "area_members.csv",
}
"""The file of each table of an example; those that the place does not need are not there."""

NO_PLACE = Text("没有“{place}”的样例；可用：{known}", "there is no example of {place!r}; known: {known}")
MAKING = Text("正在生成“{place}”的样例（虚构）……", "Making the example of {place} (made up) …")
NOT_MADE = Text("样例没有生成：{why}", "the example was not made: {why}")
WITHHELD = Text("内部", "office")


def has_standards(report: Report) -> bool:
    """Return whether a place's profile asks for more than coverage."""
    profile = report.settings.profile
    return bool(profile.standards or profile.stated)


def write_place(report: Report, folder: Path, *, lang: Lang, notes: tuple[Text, ...] = ()) -> list[Path]:
    """Write the map of a place's themes, the office's map and workbook.

    Parameters
    ----------
    report : Report
        From `geogrid.check`.
    folder : Path
        The check's folder.
    lang : "zh" or "en"
        Language of the workbook and of the pages at first.
    notes : tuple of Text
        What the pages say of their data.

    Returns
    -------
    list of Path
        What was written.
    """
    place, name = report.place_report, report.settings.profile.name
    streets = streets_of(report.inputs["roads"])
    title = Text(f"{name.zh} · 网格化治理", f"{name.en} · grid governance")
    said = (*notes, *([OSM_NOTE] if report.inputs.read["roads"].source.format.startswith("osm") else []))
    pages = {
        is_public: place_page(place_themes(place, is_public=is_public), title=title, lang=lang, streets=streets, notes=said)
        for is_public in (True, False)
    }
    write_open(folder / PAGE, lambda part: part.write_text(pages[True], encoding="utf-8", newline="\n"))
    keep(folder, PAGE, lambda part: part.write_text(pages[False], encoding="utf-8", newline="\n"))
    services = {s: report.settings.profile.services[s].name for s in report.settings.services}
    keep(folder, BOOK, lambda part: write_workbook(place_tables(place, lang), part, lang=lang, services=services))
    return [folder / PAGE, folder / "private" / PAGE, folder / "private" / BOOK]


def write_cards(report: Report, folder: Path, *, lang: Lang, notes: tuple[Text, ...] = ()) -> tuple[Text, ...]:
    """Write the notice cards of all grids as one print file, and return what the office should know of them."""
    cards = grid_cards(report.place_report.facts, None, public_url=os.environ.get(PUBLIC_URL, ""), lang=lang, footnotes=notes)
    write_open(folder / CARDS, lambda part: part.write_text(cards.html, encoding="utf-8", newline="\n"))
    return cards.notes


def told(report: Report, lang: Lang) -> RenderableType:
    """Return what became of every standard, as numbers that anyone may see."""
    headings = (
        Text("标准", "Standard"),
        Text("要求", "Bound"),
        Text("达标", "Pass"),
        Text("不达标", "Fail"),
        Text("不全", "Inc."),
    )
    table = columns(lang, headings, right=(2, 3, 4))
    for row in report.public.summary["standards"]:
        counts = [WITHHELD.say(lang) if row[key] is None else f"{row[key]:,}" for key in ("passed", "failed", "incomplete")]
        style = "yellow" if row["is_judged"] and row["failed"] else ""
        table.add_row(clean(row[lang]), clean(row["bound"][lang]), *counts, style=style)
    return table


def fails(report: Report) -> bool:
    """Return whether a judged standard fails."""
    return report.place_report.judged.outcome == FAIL


def run_place(terminal: Terminal, place: str, folder: Path, given: Mapping[str, Any]) -> Report:
    """Make the example of a place, check it and write everything.

    Raises
    ------
    InputError
        When there is no such example.
    """
    prepare_folder(folder)
    terminal.say(MAKING.fill(place=place))
    example = make_example(place, folder / "files")
    files = {table: example / name for table, name in FILES.items() if (example / name).is_file()}
    report = jobs.run_check(terminal, folder, {**files, **given, "profile": place}, notes=(MADE_UP,))
    for note in write_cards(report, folder, lang=terminal.lang, notes=(MADE_UP,)):
        terminal.say(note)
    return report


def make_example(place: str, folder: Path) -> Path:
    """Make the files of a place's example in a folder, by the script that comes with the product.

    Raises
    ------
    InputError
        When the script has no such place, or could not write.
    """
    script = data_dir() / MAKER
    known = sorted(path.stem for path in (data_dir() / "profiles").glob("*.toml") if path.stem != "generic")
    if place not in known:
        raise InputError(NO_PLACE.fill(place=place, known=", ".join(known)))
    done = subprocess.run([sys.executable, str(script), place, "--out", str(folder)], capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    if done.returncode:
        raise InputError(NOT_MADE.fill(why=(done.stderr.strip().splitlines() or [""])[-1]))
    return folder
