"""A place held against its profile: pages and workbook that a check adds, notice cards, and the made-up example of a place."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rich.console import Group as RichGroup
from rich.text import Text as Line

from api import jobs
from api.terminal import clean, columns
from api.working import keep, prepare_folder, write_open
from geogrid.errors import InputError
from geogrid.inputs import PLACE_TABLES
from geogrid.placebook import place_tables
from geogrid.placefacts import facts_of
from geogrid.placethemes import place_themes, theme_notes
from geogrid.profile import data_dir, profile_names
from geogrid.publish import streets_of
from geogrid.replacing import PRIVATE, private_folder
from geogrid.rows.tables import TABLES
from geogrid.standards import FAIL
from geogrid.summary import NO_PLACE, OSM_NOTE, day_notes, place_name
from geogrid.unmatched import unmatched_notes
from geogrid.words import LANGS, Text
from geogrid.workbook import write_workbook
from maps.cards import card_folder
from maps.place import place_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from api.terminal import Terminal
    from geogrid.clock import Clock
    from geogrid.placereport import PlaceReport
    from geogrid.report import Report
    from geogrid.themes import Theme
    from geogrid.words import Lang

PAGE, BOOK = "place.html", "place.xlsx"
CARDS, INDEX = "cards", "index.html"
"""The folder of print files of notice cards, and the page in it that lists them."""
OURS = '<meta http-equiv="Content-Security-Policy" content="default-src'
"""What the pages of cards begin with, and hardly any other page in a folder of that name."""
PUBLIC_URL = "GEOGRID_PUBLIC_URL"
MADE_UP = Text("本例由程序生成：地块、住户、人员均为虚构。", "Made up by a program: land, households and people do not exist.")
MAKER, EXAMPLE, DAY_FILE = "make_place.py", "example", "day.txt"
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

NOT_KNOWN = Text(
    "没有“{place}”的样例；可用：{known}；有自己的文件就用 geogrid check --profile",
    "there is no example of {place!r}; known: {known}; for files of your own use geogrid check --profile",
)
MAKING = Text("正在生成“{place}”的样例（虚构）……", "Making the example of {place} (made up) …")
NOT_MADE = Text(
    "样例没有写入 {folder}（{why}）：请检查 --out 能否写入、磁盘是否已满",
    "the example could not be written to {folder} ({why}): see that --out is writable and the disk not full",
)
WITHHELD = Text("内部", "office")
WITHHELD_NOTE = Text(f"内部：见 {PRIVATE}/{BOOK}", f"office: see {PRIVATE}/{BOOK}")
REPORTED = Text("（只报告）", " (reported only)")
UNMATCHED_LISTED = Text(
    f"逐行见 {PRIVATE}/{BOOK}：人员、不能用的等级、对不上的行",
    f"Row by row in {PRIVATE}/{BOOK}: People, Grades left out, Rows that match nothing",
)
PRINTED = Text(
    "公示牌：{grids} 个网格，{files} 个打印文件，目录见 {index}",
    "Notice cards: {grids} grids, {files} print files, listed in {index}",
)
BY = Text("（每个{level}一个）", " (one for each {level})")


def is_place(report: Report) -> bool:
    """Return whether a profile asks for more than coverage, or tables were given that only a place needs."""
    profile = report.settings.profile
    return bool(profile.standards or profile.stated or any(table in report.inputs for table in PLACE_TABLES))


def write_place(report: Report, folder: Path, clock: Clock, *, lang: Lang, notes: tuple[Text, ...] = ()) -> tuple[Text, ...]:
    """Write the map of a place's themes, the office's map and workbook.

    Parameters
    ----------
    report : Report
        From `geogrid.check`.
    folder : Path
        The check's folder.
    clock : Clock
        Times the steps themes, place_page and book.
    lang : "zh" or "en"
        Language of the workbook and of the pages at first.
    notes : tuple of Text
        What the pages say of their data.

    Returns
    -------
    tuple of Text
        Which themes could not be drawn, and why.
    """
    place = report.place_report  # it times its own steps
    remove_place(folder)
    for is_public in (True, False):
        with clock.step("themes"):
            themes = place_themes(place, is_public=is_public)
        with clock.step("place_page"):
            _write_page(report, themes, folder, is_public=is_public, lang=lang, notes=(*notes, *day_notes(report)))
    services = {s: report.settings.profile.services[s].name for s in report.settings.services}
    with clock.step("book"):
        tables = place_tables(place, lang)
        keep(folder, BOOK, lambda part: write_workbook(tables, part, lang=lang, services=services))
    with clock.step("themes"):
        return (*_unmatched(place), *day_notes(report), *theme_notes(place, themes))


def _unmatched(place: PlaceReport) -> tuple[Text, ...]:
    """Return what rows of the place's tables match nothing, a line for each table and way, and where they are listed."""
    told = [
        Text(f"{label.zh}表：{note.zh}", f"{label.en}: {note.en}")
        for table, notes in unmatched_notes(place).items()
        for label in [TABLES[table].label]
        for note in notes
    ]
    return (*told, UNMATCHED_LISTED) if told else ()


def _write_page(
    report: Report, themes: Sequence[Theme], folder: Path, *, is_public: bool, lang: Lang, notes: tuple[Text, ...]
) -> None:
    """Write the map of themes for everybody, or for the office; none where there is nothing to draw."""
    if not themes:
        return
    profile, roads = report.settings.profile, report.inputs.read["roads"]
    name = place_name(report) if profile.id == NO_PLACE else profile.name
    said = (*notes, *([OSM_NOTE] if roads.source.format.startswith("osm") else []))
    page = place_page(themes, title=name, lang=lang, streets=streets_of(report.inputs["roads"]), notes=said)

    def write(part: Path) -> None:
        part.write_text(page, encoding="utf-8", newline="\n")

    if is_public:
        write_open(folder / PAGE, write)
    else:
        keep(folder, PAGE, write)


def remove_place(folder: Path) -> None:
    """Remove what an earlier check of a place left in a folder, which would no longer belong to the rest."""
    for name in (PAGE, f"{PRIVATE}/{PAGE}", f"{PRIVATE}/{BOOK}"):
        (folder / name).unlink(missing_ok=True)


def write_cards(report: Report, folder: Path, *, lang: Lang, notes: tuple[Text, ...] = ()) -> tuple[Text, ...]:
    """Write the notice cards of all grids, a print file per township, in place of those of an earlier check.

    Parameters
    ----------
    report : Report
        From `geogrid.check`, of a place with or without standards.
    folder : Path
        The check's folder; files go to ``cards/`` inside it.
    lang : "zh" or "en"
        Language of the cards.
    notes : tuple of Text
        Printed small on every notice.

    Returns
    -------
    tuple of Text
        How many files there are, and what the office should know of the cards.
    """
    facts = report.place_report.facts if is_place(report) else facts_of(report)
    made = card_folder(facts, public_url=os.environ.get(PUBLIC_URL, ""), lang=lang, footnotes=notes)
    remove_cards(folder)
    (folder / CARDS).mkdir(exist_ok=True)
    for file in made.files:
        _write_text(folder / CARDS / file.name, file.html())
    _write_text(folder / CARDS / INDEX, made.index)
    printed = PRINTED.fill(grids=sum(file.grids for file in made.files), files=len(made.files), index=f"{CARDS}/{INDEX}")
    return (_with_level(printed, made.level), *made.notes)


def _with_level(printed: Text, level: Text | None) -> Text:
    """Add what there is a print file of, unless there is only one."""
    return printed if level is None else Text(*(printed.say(lang) + BY.fill(level=level.say(lang)).say(lang) for lang in LANGS))


def remove_cards(folder: Path) -> None:
    """Remove the cards that an earlier check left in a folder; of its grids none may be there still."""
    for page in (folder / CARDS).glob("*.html"):
        with page.open(encoding="utf-8", errors="replace") as opened:
            is_ours = OURS in opened.read(len(OURS) * 10)
        if is_ours:
            page.unlink()
    with suppress(OSError):  # not there, or something else is in it
        (folder / CARDS).rmdir()


def _write_text(path: Path, page: str) -> None:
    write_open(path, lambda part: part.write_text(page, encoding="utf-8", newline="\n"))


def told(report: Report, lang: Lang) -> RenderableType:
    """Return what became of every standard, as numbers that anyone may see, and where the rest is."""
    headings = (
        Text("标准", "Standard"),
        Text("要求", "Bound"),
        Text("达标", "Pass"),
        Text("不达标", "Fail"),
        Text("不全", "Inc."),
        WITHHELD,
    )
    table = columns(lang, headings, right=(2, 3, 4, 5))
    rows = report.public.summary["standards"]
    for row in rows:
        counts = [WITHHELD.say(lang) if row[key] is None else f"{row[key]:,}" for key in ("passed", "failed", "incomplete")]
        style = "yellow" if row["is_judged"] and row["failed"] else ""
        name = row[lang] + ("" if row["is_judged"] else REPORTED.say(lang))
        kept = f"{row['withheld']:,}" if row["withheld"] else ""
        table.add_row(clean(name), clean(row["bound"][lang]), *counts, kept, style=style)
    is_withheld = any(row["passed"] is None or row["withheld"] for row in rows)
    return RichGroup(table, *([Line(WITHHELD_NOTE.say(lang), "dim")] if is_withheld else []))


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
    require_example(place)
    prepare_folder(folder)
    terminal.say(MAKING.fill(place=place))
    example = make_example(place, private_folder(folder / PRIVATE) / EXAMPLE)
    files = {table: example / name for table, name in FILES.items() if (example / name).is_file()}
    on = (example / DAY_FILE).read_text(encoding="utf-8").strip()
    return jobs.run_check(terminal, folder, {**files, "on": on, **given, "profile": place}, notes=(MADE_UP,), has_cards=True)


def require_example(place: str) -> None:
    """Refuse a place without an example.

    Raises
    ------
    InputError
        It names those that there are.
    """
    known = [name for name in profile_names() if name != NO_PLACE]
    if place not in known:
        raise InputError(NOT_KNOWN.fill(place=place, known=", ".join(known)))


def make_example(place: str, folder: Path) -> Path:
    """Make the files of a place's example in a folder, by the script that comes with the product, and return the folder.

    Raises
    ------
    InputError
        If the script could not write them.
    """
    asked = [sys.executable, str(data_dir() / MAKER), place, "--out", str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 -- our own script
    if done.returncode:
        raise InputError(NOT_MADE.fill(folder=folder, why=(done.stderr.strip().splitlines() or [""])[-1]))
    return folder
