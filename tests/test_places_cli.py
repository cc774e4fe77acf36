"""``geogrid place``, and what ``geogrid check`` adds for a place: files, exit codes, and nobody in what leaves the office."""

from __future__ import annotations

import json
import re
import stat
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

import openpyxl
import pandas as pd
import pytest

from api import places
from api.cli import main
from geogrid.words import LANGS, Lang
from tests.builders import paper_town
from tests.office_files import options_of, write_town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDRESS = "https://grids.example/qr"
MADE = {"place.html", "map.html", "report.html", "report.json", "report.xlsx"}
OFFICE = {"place.html", "place.xlsx"}


class Run(NamedTuple):
    """What a command came to."""

    folder: Path
    code: int
    out: str
    err: str


def run(*arguments: object, folder: Path) -> Run:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*map(str, arguments), "--out", str(folder)])
    return Run(folder, code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module", params=LANGS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lang, Run]]:
    """Make, check and write the example of a place in each language; in English with a public address."""
    lang: Lang = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GEOGRID_LANG", raising=False)
        patch.setenv("COLUMNS", "120")
        patch.setenv(places.PUBLIC_URL, "" if lang == "zh" else ADDRESS)
        yield lang, run("place", "beidaihe", "--lang", lang, folder=tmp_path_factory.mktemp(lang) / "out")


def example(folder: Path, table: str) -> pd.DataFrame:
    return pd.read_csv(folder / "private" / "example" / f"{table}.csv", dtype=str, keep_default_na=False)


def text_of(path: Path) -> str:
    """Return everything that a file says, texts that JSON escaped as they are."""
    if path.suffix == ".xlsx":
        rows = (row for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows(values_only=True))
        return "\n".join(str(cell) for row in rows for cell in row if cell is not None)
    said = path.read_text(encoding="utf-8")
    return json.dumps(json.loads(said), ensure_ascii=False) if path.suffix in (".json", ".geojson") else said


def public(folder: Path) -> dict[str, str]:
    """Return what everybody may see of a folder: all but ``private/``."""
    files = [path for path in folder.rglob("*") if path.is_file() and "private" not in path.relative_to(folder).parts]
    return {str(path.relative_to(folder)): text_of(path) for path in files}


def cards_of(folder: Path) -> str:
    """Return what all print files of a folder say."""
    return "\n".join(page.read_text("utf-8") for page in sorted((folder / "cards").iterdir()))


def codes_in(said: str) -> set[str]:
    """Return every id and number of a text, and every pair of coordinates."""
    return {*re.findall(r"[A-Za-z0-9.-]+", said), *re.findall(r"\d+\.\d+, \d+\.\d+", said)}


# The example of a place


def test_place_writes_report_map_cards_and_the_office_s_own(made: tuple[Lang, Run]) -> None:
    _, done = made
    assert (done.code, done.err) == (0, "")
    assert {path.name for path in done.folder.iterdir()} >= MADE | {"private"}
    assert {path.name for path in (done.folder / "private").iterdir()} >= OFFICE | {"example", "saved"}
    assert [name for name in OFFICE if stat.S_IMODE((done.folder / "private" / name).stat().st_mode) != 0o600] == []
    assert stat.S_IMODE((done.folder / "private").stat().st_mode) == 0o700
    assert {path.name for path in (done.folder / "private" / "example").iterdir()} >= {"README.txt", "faults.json"}


def test_everything_is_in_the_language_asked_for(made: tuple[Lang, Run]) -> None:
    lang, done = made
    said = {
        "zh": ("每个网格有网格长", "未设置", "公示牌", "社区服务中心不小于 500 平方米"),
        "en": ("every grid has a leader", "Results are in", "notice", "500 m²"),
    }[lang]
    assert "标准" in done.out if lang == "zh" else "Standard" in done.out
    assert [word for word in said[2:] if word not in done.out] == []
    sheets = openpyxl.load_workbook(done.folder / "private" / "place.xlsx").sheetnames
    assert sheets[:2] == {"zh": ["标准", "待整改"], "en": ["Standards", "To mend"]}[lang]
    pages = [(done.folder / name).read_text("utf-8") for name in ("report.html", "cards/T1.html", "cards/index.html")]
    assert [f'lang="{ {"zh": "zh-CN", "en": "en"}[lang] }"' in page for page in pages] == [True] * 3
    assert f'"lang":"{lang}"' in (done.folder / "place.html").read_text("utf-8").replace('": "', '":"')


def test_pages_say_that_the_place_is_made_up(made: tuple[Lang, Run]) -> None:
    lang, done = made
    beginning = places.MADE_UP.say(lang).split("：" if lang == "zh" else ":")[0]
    assert [page.name for page in (done.folder / "cards").iterdir() if beginning not in page.read_text("utf-8")] == []
    assert places.MADE_UP.zh in done.folder.joinpath("place.html").read_text("utf-8")


def test_matters_are_told_for_the_day_of_the_example(made: tuple[Lang, Run]) -> None:
    """As many are overdue as were planted, and terminal, report and both maps say for which day."""
    lang, done = made
    planted = json.loads((done.folder / "private" / "example" / "faults.json").read_text("utf-8"))
    book = openpyxl.load_workbook(done.folder / "private" / "place.xlsx")
    overdue = book[{"zh": "超期事项", "en": "Overdue matters"}[lang]]
    assert {row[0].value for row in overdue.iter_rows(min_row=2)} == {
        fault["subject_id"] for fault in planted if fault["kind"] == "overdue"
    }
    said = {"zh": "以 2026-07-01 为准", "en": "is told for 2026-07-01"}[lang]
    assert said in " ".join(done.out.split())
    assert [name for name in ("report.html", "place.html") if said not in text_of(done.folder / name)] == []


def test_codes_lead_to_the_public_address_and_without_one_that_is_said(made: tuple[Lang, Run]) -> None:
    lang, done = made
    cards = cards_of(done.folder)
    assert (ADDRESS in cards) == (lang == "en")
    assert ("GEOGRID_PUBLIC_URL" in done.out) == (lang == "zh")


def test_standards_stand_in_terminal_report_and_json(made: tuple[Lang, Run]) -> None:
    """Eleven of twelve communities have a centre; the one without is named. What counts people is not told."""
    lang, done = made
    summary = json.loads(done.folder.joinpath("report.json").read_text("utf-8"))
    found = {row["id"]: row for row in summary["standards"]}
    assert [found["centre"][key] for key in ("subjects", "passed", "failed", "incomplete")] == [12, 11, 1, 0]
    assert [one["id"] for one in found["centre"]["failures"]] == ["V07"]
    told = found["courier_rest"]
    assert (told["passed"] + told["failed"] + told["incomplete"] + told["withheld"], told["withheld"] > 0) == (12, True)
    assert told["failures"] == []
    page = done.folder.joinpath("report.html").read_text("utf-8")
    assert found["centre"][lang] in page
    assert {"zh": "不公开", "en": "Withheld"}[lang] in page
    assert {"zh": "内部：见 private/place.xlsx", "en": "office: see private/place.xlsx"}[lang] in done.out


def test_seconds_of_every_step_are_told(made: tuple[Lang, Run]) -> None:
    lang, done = made
    seconds = json.loads(done.folder.joinpath("report.json").read_text("utf-8"))["seconds"]
    steps = (
        "standards",
        "levels",
        "staffing",
        "matters",
        "grading",
        "blind_spots",
        "publish",
        "themes",
        "place_page",
        "book",
        "cards",
    )
    assert [step for step in ("read", *steps) if step not in seconds] == []
    assert seconds["themes"] > 0
    said = {"zh": ("检验标准", "制作公示牌"), "en": ("Testing standards", "Making notice cards")}[lang]
    page = done.folder.joinpath("report.html").read_text("utf-8")
    assert [word for word in said if word not in page] == []
    assert {"zh": "生成专题", "en": "Making themes"}[lang] in done.out


def test_nobody_of_the_example_is_in_what_leaves_the_office(made: tuple[Lang, Run]) -> None:
    """Household and staff ids, names, phones, places and ids of matters, where households stand.

    The table of grids names leaders, whom the profile makes public as a column of grids; cards name leaders and members.
    """
    _, done = made
    staff, homes, events = (example(done.folder, table) for table in ("staff", "households", "events"))
    grids = json.loads((done.folder / "private" / "example" / "grids.geojson").read_text("utf-8"))["features"]
    leaders = {row["properties"].get("leader") for row in grids}
    people = set(staff.loc[~staff["role"].isin(["partner", "firm"]), "name"])
    places_of = {f"{lon}, {lat}" for lon, lat in zip(homes["lon"], homes["lat"], strict=True)}
    codes = {*homes["household_id"], *staff["staff_id"], *staff["phone"], *events["event_id"], *places_of} - {""}
    words = people | set(events["place"]) - {""}
    pages = public(done.folder) | {"terminal": done.out}
    assert set(pages) >= MADE
    told = {name: codes & codes_in(said) | {one for one in words if one in said} for name, said in pages.items()}
    cards = {name: told.pop(name) for name in list(told) if name.startswith("cards/")}
    assert cards.keys() == {"cards/T1.html", "cards/T2.html", "cards/index.html"}
    assert cards.pop("cards/index.html") == set()
    assert len(set.union(*cards.values()) & people) > len(leaders) > 1
    assert told.pop("place.html") == told.pop("terminal") == set()
    assert {name: found - leaders for name, found in told.items() if found - leaders} == {}


def test_cards_name_leader_and_member_and_nobody_else(made: tuple[Lang, Run]) -> None:
    """The profile of the place keeps phones private, so that none is printed."""
    _, done = made
    cards = cards_of(done.folder)
    staff, homes = example(done.folder, "staff"), example(done.folder, "households")
    on_cards = staff["role"].isin(["leader", "manager", "member"]) & (staff["of_kind"] == "grid")
    named = set(staff.loc[on_cards, "name"])
    others = set(staff.loc[~on_cards, "name"]) - named
    assert len([name for name in named if name in cards]) > 0.9 * len(named)
    assert [name for name in others if f">{name}<" in cards] == []
    assert codes_in(cards) & ({*staff["phone"], *homes["household_id"]} - {""}) == set()


def test_every_township_has_a_print_file_and_the_list_says_so(made: tuple[Lang, Run]) -> None:
    lang, done = made
    assert {page.name for page in (done.folder / "cards").iterdir()} == {"T1.html", "T2.html", "index.html"}
    assert not (done.folder / "cards.html").exists()
    grids = json.loads((done.folder / "private" / "example" / "grids.geojson").read_text("utf-8"))["features"]
    index = (done.folder / "cards" / "index.html").read_text("utf-8")
    counts = [int(n) for n in re.findall({"zh": r"<i>(\d+) 个网格</i>", "en": r"<i>grids: (\d+)</i>"}[lang], index)]
    assert (len(counts), sum(counts)) == (2, len(grids))
    assert {
        "zh": "48 个网格，2 个打印文件，目录见 cards/index.html",
        "en": "48 grids, 2 print files, listed in cards/index.html",
    }[lang] in done.out
    assert re.search(r"cards/index.html +(公示牌与联系卡的打印文件|notice and contact cards: files to print)", done.out)


def test_a_later_check_without_standards_removes_what_would_no_longer_belong(tmp_path: Path, files: list[str]) -> None:
    folder = tmp_path / "out"
    staff = write(tmp_path / "staff.csv", "staff_id,name,role,of_id\nP1,张三,网格长,G1\n")
    assert run("check", *files, "--staff", staff, folder=folder).code == 0
    assert (folder / "place.html").is_file()
    assert (folder / "private" / "place.xlsx").is_file()
    assert run("check", *files, folder=folder).code == 0
    assert [name for name in ("place.html", "private/place.html", "private/place.xlsx") if (folder / name).exists()] == []


@pytest.mark.parametrize("place", ["atlantis", "generic", "../profiles/fushan", ""])
@pytest.mark.parametrize("lang", LANGS)
def test_an_unknown_place_is_refused_with_those_that_there_are(place: str, lang: Lang, tmp_path: Path) -> None:
    done = run("place", place, "--lang", lang, folder=tmp_path / "out")
    assert done.code == 2
    assert {"zh": f"没有“{place}”的样例", "en": f"there is no example of {place!r}"}[lang] in done.err
    assert re.search(r"(known: |可用：)beidaihe, changli, chengmai, erdao, funing, fushan, hongqi, lufeng, luohe[;；]", done.err)
    assert not (tmp_path / "out").exists()


def test_an_example_that_cannot_be_made_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MAKER", "no_such_script.py")
    done = run("place", "beidaihe", "--lang", "en", folder=tmp_path / "out")
    assert done.code == 2
    assert "the example could not be written to" in done.err
    assert "no_such_script.py" in done.err
    assert "Traceback" not in done.err


# check: exit codes and tables of a place

HEAD = 'id = "paper"\nbase = "generic"\nname = { zh = "纸镇", en = "Paper" }\n'
LEADERS = """
[standards.leaders]
name = { zh = "每个网格有网格长", en = "every grid has a leader" }
of = "grid"
measure = "staff"
unit = "people"
min = 1.0
options = { roles = ["leader"] }
source = { zh = "某文件", en = "a paper" }
"""
LEVELS = 'levels = [{ id = "village", zh = "村", en = "village" }, '
LEVELS += '{ id = "grid", zh = "网格", en = "grid", parent = "village", of = "grids" }]\ncode_pattern = ""\n'
LEVELS += 'sources = { code_pattern = { zh = "没有编码", en = "no codes" } }\n'


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Write the paper town, of whose grids nobody is named; return the options that name its files."""
    town: dict[str, Any] = paper_town()
    town["grids"] = town["grids"].drop(columns="leader")
    return [*options_of(write_town(tmp_path_factory.mktemp("town"), town)), "--services", "medical", "--lang", "en"]


@pytest.mark.parametrize(
    ("leaders", "extra", "code"),
    [
        ("G1 G2 G3 G4", "", 0),
        ("G1 G2 G3", "", 3),
        ("G1 G2 G3", "is_judged = false\n", 0),
        ("", "", 0),
    ],
    ids=["all pass", "one fails", "it is only reported", "nobody knows"],
)
def test_strict_ends_with_3_where_a_judged_standard_fails(
    leaders: str, extra: str, code: int, tmp_path: Path, files: list[str]
) -> None:
    profile = write(tmp_path / "paper.toml", HEAD + LEVELS + LEADERS + extra)
    rows = "".join(f"P{grid},张三,网格长,{grid}\n" for grid in leaders.split())
    staff = ["--staff", write(tmp_path / "staff.csv", "staff_id,name,role,of_id\n" + rows)] if rows else []
    arguments = ("check", *files, "--profile", profile, *staff)
    assert run(*arguments, "--strict", folder=tmp_path / "out").code == code
    (found,) = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))["standards"]
    assert found["failed"] == (len(rows) > 0 and "G4" not in leaders)


def test_without_strict_a_failure_is_no_error_and_without_standards_nothing_fails(tmp_path: Path, files: list[str]) -> None:
    profile = write(tmp_path / "paper.toml", HEAD + LEVELS + LEADERS)
    staff = write(tmp_path / "staff.csv", "staff_id,name,role,of_id\nP1,张三,网格长,G1\n")
    failing = run("check", *files, "--profile", profile, "--staff", staff, folder=tmp_path / "a")
    assert failing.code == 0
    assert re.search(r"every grid has a leader +at least 1 person +1 +3 +0", failing.out)
    assert run("check", *files, "--strict", folder=tmp_path / "b").code == 0


# check --cards


def cards_in(folder: Path) -> set[str]:
    return {page.name for page in (folder / "cards").glob("*")}


def test_check_makes_cards_of_a_planner_s_own_files(tmp_path: Path, files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without standards; the generic profile keeps phones private, and no household is on a card."""
    monkeypatch.delenv(places.PUBLIC_URL, raising=False)
    staff = write(tmp_path / "staff.csv", "staff_id,name,role,of_id,phone\nP1,张三,网格长,G1,13900000001\n")
    done = run("check", *files, "--staff", staff, "--cards", folder=tmp_path / "out")
    assert (done.code, done.err) == (0, "")
    assert cards_in(done.folder) == {"V1.html", "V2.html", "index.html"}, "two villages, and no townships"
    pages = {page.name: page.read_text("utf-8") for page in (done.folder / "cards").iterdir()}
    assert ["张三" in pages[name] for name in ("V1.html", "V2.html", "index.html")] == [True, False, False]
    said = "".join(pages.values())
    assert "13900000001" not in said
    homes = set(paper_town()["households"]["household_id"])
    assert len(homes) > 50
    assert codes_in(said) & homes == set()
    assert 'class="qr"' not in said
    assert "Notice cards: 4 grids, 2 print files, listed in cards/index.html (one for each village)" in done.out
    assert "GEOGRID_PUBLIC_URL is not set, so there are no QR codes" in done.out
    assert "cards/index.html" in done.out.split("Results are in")[1]


def test_cards_need_nothing_but_what_a_check_needs(tmp_path: Path, files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither areas nor staff: all cards are in one file, and what is missing is said."""
    monkeypatch.setenv(places.PUBLIC_URL, ADDRESS)
    at = files.index("--areas")
    done = run("check", *files[:at], *files[at + 2 :], "--cards", folder=tmp_path / "out")
    assert (done.code, done.err) == (0, "")
    assert cards_in(done.folder) == {"all.html", "index.html"}
    assert "Notice cards: 4 grids, 1 print files, listed in cards/index.html\n" in done.out
    assert "No table of staff was given" in done.out
    page = (done.folder / "cards" / "all.html").read_text("utf-8")
    assert sorted(set(re.findall(rf'"{ADDRESS}/grids/(\w+)"', page))) == ["G1", "G2", "G3", "G4"]


def test_a_later_check_leaves_no_cards_of_an_earlier_one(tmp_path: Path, files: list[str]) -> None:
    folder, at = tmp_path / "out", files.index("--areas")
    assert run("check", *files, "--cards", folder=folder).code == 0
    assert run("check", *files[:at], *files[at + 2 :], "--cards", folder=folder).code == 0
    assert cards_in(folder) == {"all.html", "index.html"}
    write(folder / "cards" / "mine.html", "<!DOCTYPE html><title>not ours</title>")
    assert run("check", *files, folder=folder).code == 0
    assert cards_in(folder) == {"mine.html"}
    (folder / "cards" / "mine.html").unlink()
    assert run("check", *files, folder=folder).code == 0
    assert not (folder / "cards").exists()


def test_a_wrong_public_address_is_refused(tmp_path: Path, files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(places.PUBLIC_URL, "grids.example")
    done = run("check", *files, "--cards", folder=tmp_path / "out")
    assert done.code == 2
    assert "the public address 'grids.example' cannot be used" in done.err


TABLES = {
    "staff": ("staff_id,name,role,of_id\nP1,张三,网格长,G1\n", "column name (name) is missing"),
    "events": ("event_id,kind,opened,household_id\nE1,纠纷,2026-06-01,H001\n", "column kind (kind of event) is missing"),
    "grades": ("subject_id,period,grade\nV1,2026Q1,A\n", "column period (period) is missing"),
    "area-members": ("area_id,member_id\nV1,V2\n", "column member_id (member id) is missing"),
}


def test_every_table_of_a_place_is_read_and_written_up(tmp_path: Path, files: list[str]) -> None:
    given = [part for name, (text, _) in TABLES.items() for part in (f"--{name}", write(tmp_path / f"{name}.csv", text))]
    built = paper_town()["grids"][["geometry"]].assign(building_id=list("abcd"), geometry=lambda t: t.centroid.buffer(5))
    built.to_file(tmp_path / "buildings.gpkg")
    done = run("check", *files, *given, "--buildings", tmp_path / "buildings.gpkg", folder=tmp_path / "out")
    assert (done.code, done.err) == (0, "")
    summary = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    rows = {row["table"]: row["good"] for row in summary["inputs"]}
    assert {key: rows[key] for key in ("staff", "events", "grades", "area_members", "buildings")} == {
        **dict.fromkeys(("staff", "events", "grades", "area_members"), 1),
        "buildings": 4,
    }
    book = openpyxl.load_workbook(tmp_path / "out" / "private" / "place.xlsx")
    assert [name for name in ("People", "Kinds of matters", "Matters by grid") if name not in book.sheetnames] == []


@pytest.mark.parametrize(("name", "wrong"), [*((name, said) for name, (_, said) in TABLES.items()), ("buildings", "no geometry")])
def test_a_wrong_table_of_a_place_is_explained(name: str, wrong: str, tmp_path: Path, files: list[str]) -> None:
    bad = write(tmp_path / "bad.csv", "a,b\n1,2\n")
    done = run("check", *files, f"--{name}", bad, folder=tmp_path / "out")
    assert done.code == 2
    assert "bad.csv" in done.err
    assert wrong in done.err
    assert "The file has: a, b" in done.err
    missing = run("check", *files, f"--{name}", tmp_path / "none.csv", folder=tmp_path / "out")
    assert missing.code == 2
    assert "none.csv" in missing.err
    assert "Traceback" not in done.err + missing.err
