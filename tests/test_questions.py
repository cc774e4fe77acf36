"""The commands that ask a checked town: their answers are the library's, exact figures stay in private/, errors can be mended."""

from __future__ import annotations

import json
import re
import shlex
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import load_workbook
from rich.cells import cell_len

import geogrid
from api import asking, jobs, told
from api.cli import main
from geogrid.accessibility import accessibility
from geogrid.explain import explain
from geogrid.io import read_closures
from geogrid.modes import MODES
from geogrid.profile import data_dir
from geogrid.reach import reach
from geogrid.streets import close, network_report
from geogrid.town import open_town, save_town
from geogrid.whatif import Change, start
from tests.builders import at, block, frame, paper_town, street

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.town import Town

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = data_dir() / "sample"
HOSTILE = "=HYPERLINK(1)"


def town_files() -> dict[str, gpd.GeoDataFrame]:
    r"""The paper town with a school, a village with a name like a formula, and a second street that nobody is joined to.

    ::

        1000 +---------+---------+---------+---------+
             |   G1    |   G2    |   G3    |   G4    |
         500 |--C------+----S----+---------+------P--|   C clinic, P planned clinic, S school of 40 places
         100 |         |         |  a----b |         |   a piece of its own, 3 m short of c
             +---------+---------+---------+---------+   three households N1-N3 on it
    """
    town = paper_town()
    school = frame(
        [
            {
                "facility_id": "S1",
                "name": HOSTILE,
                "services": "education",
                "status": "built",
                "capacity": 40,
                "geometry": at(800, 500),
            }
        ]
    )
    lost = frame([{"household_id": f"N{i}", "persons": 2, "aged_65": 0, "geometry": at(1100 + 40 * i, 110)} for i in (1, 2, 3)])
    piece = frame([{"road_id": "R2", "highway": "path", "geometry": street((1050, 100), (1300, 100))}])
    for name, more in (("facilities", school), ("households", lost), ("roads", piece)):
        town[name] = gpd.GeoDataFrame(pd.concat([town[name], more], ignore_index=True), crs=town[name].crs)
    return town


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a check, as the command writes it, but for the pages."""
    report = geogrid.check(**town_files())
    target = tmp_path_factory.mktemp("town") / "result"
    report.write(target)
    save_town(report.town, target)
    return target


@pytest.fixture(scope="module")
def town(folder: Path) -> Town:
    return open_town(folder)


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("GEOGRID_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    hook = sys.excepthook
    yield
    sys.excepthook = hook


@pytest.fixture
def ask(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return how to run a question into a folder of its own; returns what was printed, and that folder."""

    def run(command: str, *options: str, lang: str = "en") -> tuple[str, Path]:
        out = [] if command == "explain" else ["--out", str(tmp_path)]
        assert main([command, str(folder), *options, *out, "--lang", lang]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out, tmp_path

    return run


def sheet(file: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of one sheet by its headers."""
    rows = list(load_workbook(file)[name].iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def place(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a place in the town."""
    there = frame([{"geometry": at(x, y)}]).to_crs(4326).geometry.iloc[0]
    return round(there.x, 7), round(there.y, 7)


def closures_file(tmp_path: Path) -> Path:
    file = tmp_path / "flood.geojson"
    frame([{"closure_id": "C", "geometry": block(600, 400, 700, 600)}]).to_crs(4326).to_file(file)
    return file


def paths_file(tmp_path: Path) -> Path:
    """A path from the lost piece to the street."""
    file = tmp_path / "paths.geojson"
    frame([{"road_id": "P", "highway": "path", "geometry": street((1100, 102), (1100, 499))}]).to_crs(4326).to_file(file)
    return file


QUESTIONS = {
    "network": [],
    "explain": ["--household", "H010", "--service", "medical"],
    "reach": ["--minutes", "5,10", "--facilities", "F1"],
    "access": ["--service", "education", "--method", "nearest", "--demand", "persons"],
    "whatif": ["--close", "F1", "--open", "F2"],
    "close": ["--closures", "FLOOD"],
}


# Answers


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("command", QUESTIONS)
def test_every_question_answers_in_both_languages_fits_the_terminal_and_names_no_household(
    command: str, lang: str, ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    options = [str(closures_file(tmp_path)) if option == "FLOOD" else option for option in QUESTIONS[command]]
    said, out = ask(command, *options, lang=lang)
    named = set(re.findall(r"\b[HN]\d{1,3}\b", said))
    assert named == ({"H010"} if command == "explain" else set())
    assert ("结果在" in said) == (lang == "zh" and command != "explain")
    assert ("内部" in said or "office" in said) == (command != "explain")
    assert [line for line in said.splitlines() if cell_len(line) > 80 and str(tmp_path) not in line] == []
    written = list((out / "private").glob("*")) if (out / "private").exists() else []
    assert bool(written) == (command != "explain")
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} <= {0o600}


def test_network_writes_findings_use_and_map(ask: Any, town: Town) -> None:
    said, out = ask("network")
    report = network_report(town)
    assert len(report.findings) >= 1
    rows = sheet(out / "private" / "network.xlsx", "Suspect")
    assert [row["Finding"] for row in rows] == report.findings["finding_id"].tolist()
    assert rows[0]["Kind"] == "Loose piece"
    assert rows[0]["Households"] == 3
    layer = json.loads((out / "private" / "network.geojson").read_text(encoding="utf-8"))
    assert "crs" not in layer
    assert [feature["properties"]["finding_id"] for feature in layer["features"]] == report.findings["finding_id"].tolist()
    page = (out / "private" / "network.html").read_text(encoding="utf-8")
    assert not re.search(r"\b[HN]\d{3}\b", page)
    assert re.search(r"piece-1 +3 +R2 +250 m", said)


def test_network_with_a_planners_paths_says_who_gains(ask: Any, tmp_path: Path) -> None:
    """The piece is 397 m below the street, at x = 1100: 1,000 m east of the clinic, too far, and 300 m east of the school."""
    said, out = ask("network", "--add-streets", str(paths_file(tmp_path)))
    assert "2 ends joined, 0 not, 0 crossings joined" in said
    effect = {row["Service"]: row for row in sheet(out / "private" / "network.xlsx", "Effect")}
    assert [effect[s]["Households: gain"] for s in ("education", "medical")] == [3, 0]
    assert len(sheet(out / "private" / "network.xlsx", "Households affected")) == 6
    assert re.search(r"Loose piece +1 +0", said)


def test_explain_says_and_draws_what_the_library_does(ask: Any, town: Town, tmp_path: Path) -> None:
    target = tmp_path / "way.geojson"
    said, _ = ask("explain", "--household", " H060 ", "--service", "医疗", "--out", str(target))
    found = explain(town, "H060", "medical")
    assert json.loads(target.read_text(encoding="utf-8")) == json.loads(json.dumps(found.to_features()))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert found.reason.en in said
    later, _ = ask("explain", "--household", "H060", "--service", "medical", "--later")
    assert "Covered" in later
    assert "东卫生室" in later
    lost, _ = ask("explain", "--household", "N1", "--service", "medical")
    assert "not joined to any facility that offers it" in lost


def test_reach_publishes_bands_and_keeps_counts(ask: Any, town: Town) -> None:
    said, out = ask("reach", "--services", "medical", "--facilities", "all", "--minutes", "10,5", "--over", "grids")
    drawn = reach(town, services=["medical"], facility_ids="all", minutes=[5, 10])
    layer = json.loads((out / "reach.geojson").read_text(encoding="utf-8"))["features"]
    assert [f["properties"]["area_m2"] for f in layer] == pytest.approx(drawn.pictures.bands["area_m2"].tolist())
    assert {tuple(f["properties"]) for f in layer} == {tuple(drawn.public.bands.columns.drop("geometry"))}
    agreement = sheet(out / "private" / "reach.xlsx", "Picture and times")
    assert [row["Inside, over the limit"] for row in agreement] == drawn.agreement["inside_over"].tolist()
    caught = sheet(out / "private" / "reach.xlsx", "Catchments")
    assert [(row["Facility id"], row["Households"]) for row in caught] == [("F1", 80)]
    public, private = ((out / name).read_text(encoding="utf-8") for name in ("reach.html", "private/reach.html"))
    assert '"wrong"' in private
    assert '"wrong"' not in public
    assert stat.S_IMODE((out / "reach.html").stat().st_mode) == 0o644
    assert re.search(r"medical +all +[\d.]+ +[\d.]+ +[\d.<]+%", said)


def test_access_writes_what_the_library_finds(ask: Any, town: Town) -> None:
    said, out = ask("access", "--service", "education", "--method", "nearest", "--cutoff", "10")
    found = accessibility(town, "education", method="nearest", cutoff_min=10)
    file = out / "private" / "access.xlsx"
    assert [row["Taken"] for row in sheet(file, "By facility")] == found.by_facility["taken"].tolist()
    assert sheet(file, "By facility")[0]["Name"] == "'" + HOSTILE
    displaced = found.households[found.households["displaced"]]
    assert [row["Household id"] for row in sheet(file, "Displaced")] == displaced["household_id"].tolist()
    assert len(displaced) > 0
    assert [row["Gini"] for row in sheet(file, "Inequality")] == pytest.approx(found.inequality["gini"].tolist())
    assert "households must go farther" in said
    floating, _ = ask("access", "--service", "education", "--method", "e2sfca", "--decay", "gaussian")
    assert "enhanced two-step" in floating
    assert load_workbook(file).sheetnames[:2] == ["Settings", "By facility"]


def test_whatif_writes_the_effect_and_changes_that_can_be_tried_again(ask: Any, town: Town) -> None:
    (lon, lat), (east, north) = place(1200, 510), place(1800, 495)
    said, out = ask("whatif", "--close", "F1", "--open", "F2", "--add", f"N9@{lon},{lat}:medical+教育:新站")
    changes = [Change("open", "F2"), Change("close", "F1"), Change("add", "N9", "新站", ("medical", "教育"), lon, lat)]
    effect = start(town).apply(*changes).effect()
    file, replay = out / "private" / "whatif.xlsx", out / "private" / "whatif.json"
    told = {row["Service"]: row for row in sheet(file, "Effect")}
    assert [told[name]["Households: gain"] for name in ("education", "medical", "All services at once")] == (
        effect.totals["households_gain"].tolist()
    )
    assert len(sheet(file, "Households affected")) == len(effect.households)
    assert [row["Persons: lose"] for row in sheet(file, "Effect by grid")] == effect.by_grid["persons_lose"].tolist()
    content = json.loads(replay.read_text(encoding="utf-8"))
    assert [Change.of(record) for record in content["changes"]] == changes
    assert "What if: 3 changes" in said
    more, _ = ask("whatif", "--changes", str(replay), "--move", f"F2@{east},{north}")
    assert "What if: 4 changes" in more
    again = [Change.of(record) for record in json.loads(replay.read_text(encoding="utf-8"))["changes"]]
    assert again == [*changes, Change("move", "F2", lon=east, lat=north)]


def test_a_whatif_that_changes_nobody(ask: Any) -> None:
    said, _ = ask("whatif", "--add", "S3@{},{}:education".format(*place(800, 505)))
    assert "Nobody's coverage changes." in said


def test_close_writes_what_the_library_finds(ask: Any, town: Town, tmp_path: Path) -> None:
    """The flood from x = 600 to 700 takes the clinic from everyone east of it."""
    said, out = ask("close", "--closures", str(closures_file(tmp_path)))
    effect = close(town, read_closures(closures_file(tmp_path)).table)
    file = out / "private" / "close.xlsx"
    assert [row["Households: lose"] for row in sheet(file, "Effect")] == effect.services["households_lost"].tolist()
    assert len(sheet(file, "Households affected")) == len(effect.households)
    layer = json.loads((out / "private" / "close.geojson").read_text(encoding="utf-8"))["features"]
    assert [round(f["properties"]["metres"]) for f in layer] == [100]
    assert "100 m of street closed, in 1 parts" in said
    far = tmp_path / "far.geojson"
    frame([{"closure_id": "C", "geometry": street((0, 900), (100, 900))}]).to_crs(4326).to_file(far)
    nothing, _ = ask("close", "--closures", str(far), "--width", "3", "--on", "2026-07-02")
    assert "Nobody is affected." in nothing
    assert "count 3 m to each side" in nothing
    assert "1 closures touch no street" in nothing


def test_rows_that_are_not_used_are_told(ask: Any, tmp_path: Path) -> None:
    file = tmp_path / "mixed.geojson"
    frame([{"closure_id": "C", "geometry": block(600, 400, 700, 600)}, {"closure_id": "D", "geometry": at(1, 1)}]).to_crs(
        4326
    ).to_file(file)
    said, _ = ask("close", "--closures", str(file))
    assert "1 rows of mixed.geojson were rejected; line" in said


def test_a_table_too_long_for_a_sheet_is_kept_whole_beside_it(ask: Any, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_SHEET_ROWS", 10)
    said, out = ask("whatif", "--close", "F1")
    assert len(sheet(out / "private" / "whatif.xlsx", "Households affected")) == 10
    assert re.search(r"private/whatif_effect_households.csv +all 80 rows \(whatif.xlsx holds the first 10\)", said)
    kept = pd.read_csv(out / "private" / "whatif_effect_households.csv")
    assert kept["household_id"].tolist() == start(town).apply(Change("close", "F1")).effect().households["household_id"].tolist()
    assert stat.S_IMODE((out / "private" / "whatif_effect_households.csv").stat().st_mode) == 0o600


def test_results_go_to_the_checks_folder_unless_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["whatif", str(folder), "--close", "F1"]) == 0
    assert (folder / "private" / "whatif.json").is_file()
    capsys.readouterr()


# Errors: one clear message, exit code 2


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["network"], "缺少 DIR", "missing: DIR"),
        (["network", "NOWHERE"], "没有可用的已存数据", "holds no town that can be used"),
        (["network", "DIR", "--add-streets", "missing.geojson"], "missing.geojson", "missing.geojson"),
        (["network", "DIR", "--datum", "mars", "--add-streets", "PATHS"], "mars", "mars"),
        (["explain", "DIR", "--service", "medical"], "缺少 --household", "missing: --household"),
        (["explain", "DIR", "--household", "H999", "--service", "medical"], "没有编号为“H999”的住户", "no household 'H999'"),
        (["explain", "DIR", "--household", "H001", "--service", "bank"], "没有服务“bank”", "no service 'bank'"),
        (["explain", "DIR", "--household", "H001", "--service", "sport"], "没有服务“sport”", "no service 'sport'"),
        (["explain", "DIR", "--household", "H1", "--service", "sport", "--out", "a.csv"], "应为 .geojson", "give a .geojson"),
        (
            ["explain", "DIR", "--household", "H1", "--service", "sport", "--out", "NO/a.json"],
            "不存在",
            "missing or not writable",
        ),
        (["reach", "DIR", "--minutes", "5,x"], "“x”不对", "'x' is not usable"),
        (["reach", "DIR", "--facilities", "F9"], "F9", "no facility 'F9'"),
        (["reach", "DIR", "--services", "sport"], "没有检查过服务“sport”", "no service 'sport' was checked"),
        (["reach", "DIR", "--over", "cells"], "不能画在“cells”上", "not drawn over 'cells'"),
        (["reach", "DIR", "--over", "units"], "没有单元多边形", "no polygons of units"),
        (["access", "DIR", "--service", "medical"], "都没有填写 capacity", "states capacity"),
        (["access", "DIR", "--service", "education", "--method", "magic"], "没有方法“magic”", "no method 'magic'"),
        (["access", "DIR", "--service", "education", "--decay", "magic"], "没有衰减函数“magic”", "no decay 'magic'"),
        (["access", "DIR", "--service", "education", "--demand", "dogs"], "没有需求“dogs”", "no demand 'dogs'"),
        (["access", "DIR", "--service", "education", "--cutoff", "0"], "“0”不对", "'0' is not usable"),
        (["whatif", "DIR"], "没有要试的变更", "nothing to try"),
        (["whatif", "DIR", "--close", "F9"], "没有设施“F9”", "no facility 'F9'"),
        (["whatif", "DIR", "--add", "F1@117,28.28:medical"], "已被使用", "is taken"),
        (["whatif", "DIR", "--add", "N@117,28.28"], "--add N@117,28.28 看不懂", "--add N@117,28.28 is not understood"),
        (["whatif", "DIR", "--add", "N@117,38.28:medical"], "超过 200 米", "more than 200 m"),
        (["whatif", "DIR", "--add", "N\x1b[2J@117,28.28:medical"], "不可显示", "cannot be shown"),
        (["whatif", "DIR", "--changes", "missing.json"], "missing.json", "missing.json"),
        (["close", "DIR"], "缺少 --closures", "missing: --closures"),
        (["close", "DIR", "--closures", "missing.geojson"], "missing.geojson", "missing.geojson"),
        (["close", "DIR", "--closures", "EMPTY"], "没有可用的行", "holds no usable row"),
        (["close", "DIR", "--closures", "FLOOD", "--width", "-1"], "“-1”不对", "'-1' is not usable"),
        (["close", "DIR", "--closures", "FLOOD", "--out", "FLOOD"], "是一个文件", "is a file"),
    ],
)
def test_errors(arguments: list[str], zh: str, en: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = tmp_path / "empty.geojson"
    nothing = {"type": "Feature", "properties": {"closure_id": "C"}, "geometry": None}
    points.write_text(json.dumps({"type": "FeatureCollection", "features": [nothing]}), encoding="utf-8")
    named = {
        "DIR": folder,
        "NOWHERE": tmp_path / "nowhere",
        "FLOOD": closures_file(tmp_path),
        "PATHS": paths_file(tmp_path),
        "EMPTY": points,
    }
    given = [str(named.get(part, part)) for part in arguments]
    before = set(tmp_path.iterdir())
    for lang, says in (("zh", zh), ("en", en)):
        assert main([*given, "--lang", lang]) == 2
        printed = capsys.readouterr()
        assert says in printed.err
        assert printed.out == ""
        assert "Traceback" not in printed.err
    assert set(tmp_path.iterdir()) == before


def test_a_folder_without_its_public_files_cannot_be_drawn(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_town(open_town(folder), tmp_path)
    assert main(["reach", str(tmp_path), "--lang", "en"]) == 2
    assert "holds no check" in capsys.readouterr().err


# Options of the check


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what a check would be run with."""
    seen: dict[str, Any] = {}
    monkeypatch.setattr(jobs, "run_check", lambda _terminal, _out, options, **_more: seen.update(options))
    return seen


FILES = ["--grids", "g", "--households", "h", "--facilities", "f", "--roads", "r", "--out", "o"]


def test_check_takes_modes_cutoffs_paths_and_closures(given: dict[str, Any]) -> None:
    more = [
        "--mode",
        "medical=car，education=walk",
        "--cutoff",
        "医疗=30",
        "--add-streets",
        "p",
        "--closures",
        "c",
        "--join-crossings",
        "--on",
        "2026-07-02",
    ]
    assert main(["check", *FILES, *more]) == 0
    assert given["on"] == "2026-07-02"
    assert given["mode"] == {"medical": "car", "education": "walk"}
    assert given["cutoff_min"] == {"医疗": 30.0}
    assert (given["add_streets"], given["closures"], given["join_crossings"]) == (Path("p"), Path("c"), True)
    assert main(["check", *FILES, "--mode", "bicycle", "--cutoff", "20"]) == 0
    assert (given["mode"], given["cutoff_min"], given["join_crossings"]) == ("bicycle", 20.0, False)
    assert main(["check", *FILES]) == 0
    assert (given["mode"], given["cutoff_min"], given["add_streets"]) == (None, None, None)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--mode", "sledge"], "没有出行方式“sledge”"),
        (["--mode", "medical=sledge"], "没有出行方式“sledge”"),
        (["--mode", "medical="], "看不懂"),
        (["--cutoff", "medical=0"], "--cutoff 后面应为大于 0 的数字"),
        (["--cutoff", "bank=15"], "没有服务“bank”"),
    ],
)
def test_check_refuses_before_any_file_is_read(
    options: list[str], says: str, given: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *FILES, *options]) == 2
    assert says in capsys.readouterr().err
    assert given == {}


# The README


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder to work in, with the sample town checked into geogrid-demo."""
    here = tmp_path_factory.mktemp("readme")
    files: dict[str, Any] = {table: SAMPLE / name for table, name in jobs.SAMPLE.items()}
    report = geogrid.check(**files, services=["education", "medical", "day_care"])
    report.write(here / "geogrid-demo")
    save_town(report.town, here / "geogrid-demo")
    (here / "data").symlink_to(SAMPLE.parent)
    return here


def test_the_commands_of_the_readme_run(demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"<!-- questions -->\n\n```sh\n(.*?)\n```", text, flags=re.DOTALL)
    monkeypatch.chdir(demo)
    ran = []
    for line in lines.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        assert program == "geogrid"
        assert main(arguments) == 0, capsys.readouterr().err
        assert set(re.findall(r"\bH\d{5}\b", capsys.readouterr().out)) <= {"H00001"}
        ran.append(arguments[0])
    assert set(ran) == set(QUESTIONS)
    for name in re.findall(r"`private/[\w.]+`", text[text.index("| command |") : text.index("`--out FOLDER`")]):
        assert (demo / "geogrid-demo" / name.strip("`")).is_file()
    assert (demo / "way.geojson").is_file()


def test_the_readmes_modes_are_those_there_are() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \S+ \| ([\d.]+) ", text, flags=re.MULTILINE))
    assert {mode: float(pace) for mode, pace in rows.items()} == {mode: row.speed_kmh for mode, row in MODES.items()}


def test_households_outside_all_grids_have_a_name_too(town: Town) -> None:
    assert told.grid_name(town, pd.NA, "en") == "Outside all grids"
    assert told.grid_name(town, "G9", "en") == "G9"
