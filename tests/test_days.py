"""What commands on a workspace say of days, and of files: the office of `office_files`, whose plan of 2026-12-20 divides G1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from rich.cells import cell_len

from api.cli import main
from geogrid.datum import convert_datum
from tests.office_files import make_workspace, office_town, write_town
from tests.workspaces import clock_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEFORE, ON = "2026-12-19T15:59", "2026-12-19T16:00"
DECIDED = ("--who", "李", "--reason", "均衡", "--effective", "2026-12-20")
Run = Any


@pytest.fixture
def workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "300")
    clock_at(monkeypatch, BEFORE)
    path = make_workspace(tmp_path)
    assert main(["plan", "new", str(path), "p"]) == 0
    assert main(["plan", "apply", str(path), "p", "--split-into", "G1=2"]) == 0
    capsys.readouterr()
    return path


@pytest.fixture
def run(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def work(command: str, *arguments: object, lang: str = "en") -> tuple[int, str, str]:
        code = main([*command.split(), str(workspace), *map(str, arguments), "--lang", lang])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return work


@pytest.fixture
def decided(run: Run) -> Run:
    """The plan is adopted, and a day too early."""
    code, said, _ = run("plan adopt", "p", *DECIDED)
    assert code == 0
    assert "Version 7 takes effect on 2026-12-20 only" in said
    return run


def grids_in(folder: Path, run: Run, *options: object) -> tuple[int, str]:
    code, said, _ = run("export", "--table", "grids", "--out", folder / "g.gpkg", *options)
    assert code == 0
    return len(gpd.read_file(folder / "g.gpkg")), said


def test_nothing_to_come_is_not_spoken_of(run: Run, tmp_path: Path) -> None:
    for command in (("validate",), ("where", "--household", "H000"), ("history",), ("codes",)):
        assert "effect on" not in run(*command)[1]
    assert grids_in(tmp_path, run)[1].count("\n") == 1


def test_export_is_of_today(decided: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count, said = grids_in(tmp_path, decided)
    assert count == 4
    assert "Version 7 takes effect on 2026-12-20 and does not count here yet; to look at it: --on 2026-12-20." in said
    for options in (("--on", "2026-12-20"), ("--version", "7")):
        assert grids_in(tmp_path, decided, *options)[0] == 5
        assert "takes effect" not in grids_in(tmp_path, decided, *options)[1]
    clock_at(monkeypatch, ON)
    count, said = grids_in(tmp_path, decided)
    assert (count, "takes effect" in said) == (5, False)
    assert grids_in(tmp_path, decided, "--on", "2026-12-19")[0] == 4


@pytest.mark.parametrize("command", ["validate", "codes"])
def test_questions_on_boundaries_are_of_today(decided: Run, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    said = decided(command)[1]
    assert "4 grids" in said
    assert "to look at it: --on 2026-12-20" in said
    assert "看那时的情形：--on 2026-12-20" in decided(command, lang="zh")[1]
    assert "5 grids" in decided(command, "--on", "2026-12-20")[1]
    clock_at(monkeypatch, ON)
    said = decided(command)[1]
    assert "5 grids" in said
    assert "to look at it" not in said


def test_where_is_today_unless_a_day_is_given(decided: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def grid(*options: str) -> str:
        return str(decided("where", "--household", "H019", *options)[1].split()[3])

    assert decided("where", "--household", "H019")[1].split()[:4] == ["H019", "2026-12-19", "in", "G1"]
    assert "to look at it: --on 2026-12-20" in decided("where", "--household", "H019")[1]
    on_the_day = grid("--on", "2026-12-20")
    assert {grid(), on_the_day} <= {"G1", "G5"}
    clock_at(monkeypatch, ON)
    assert decided("where", "--household", "H019")[1].split()[1] == "2026-12-20"
    assert grid() == on_the_day
    assert grid("--on", "2026-12-19") == "G1"


def test_the_ledger_says_what_is_in_force(decided: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in ((), ("G1",)):
        said = decided("history", *arguments)[1]
        assert "In force today (2026-12-19) is version 6." in said
        assert "Version 7 takes effect on 2026-12-20." in said
    clock_at(monkeypatch, ON)
    assert "In force today" not in decided("history")[1]


def test_writers_build_on_the_newest_version_and_say_so(decided: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homes = write_town(tmp_path, {"households": office_town()["households"]})["households"]
    act = ("--households", homes, "--who", "L", "--reason", "r")
    code, _, error = decided("import", *act)
    assert code == 2
    assert "version 7 takes effect on 2026-12-20 only (today is 2026-12-19)" in error
    assert decided("import", "--households", homes, "--dry-run")[0] == 2
    said = decided("import", "--households", homes, "--dry-run", "--effective", "2026-12-20")[1]
    assert "This builds on version 7, the newest, which takes effect on 2026-12-20 only" in said
    assert "This builds on version 7" in decided("plan new", "q")[1]
    assert "This builds on version 7" in decided("repair", "--dry-run")[1]
    code, said, _ = decided("import", *act, "--effective", "2026-12-20", lang="zh")
    assert code == 0
    assert "第 8 版到 2026-12-20 才生效" in said
    clock_at(monkeypatch, ON)
    code, said, _ = decided("import", *act)
    assert code == 0
    assert "version 9  import  with effect from 2026-12-20" in said
    assert "until then" not in said


def test_before_the_workspace_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    clock_at(monkeypatch, "2025-12-24T00:00")
    said = run("validate")[1]
    assert "4 grids" in said
    assert "The workspace begins on 2026-01-01 (today is 2025-12-24); this is how it will be on 2026-01-01." in said
    assert "工作区自 2026-01-01 起才有效" in run("where", "--household", "H000", lang="zh")[1]
    assert grids_in(tmp_path, run)[0] == 4


# --- what an import says --------------------------------------------------------------------------------------------------------


def test_a_part_is_refused_by_counts_alone(run: Run, tmp_path: Path) -> None:
    few = write_town(tmp_path, {"households": office_town()["households"].iloc[:20]})["households"]
    act = ("--households", few, "--who", "L", "--reason", "r")
    for lang, says in (("zh", "其中 60 行（75%）文件里没有，会因此终止"), ("en", "it leaves out 60 (75%), which would end")):
        for extra in ((), ("--dry-run",)):
            code, _, error = run("import", *act, *extra, lang=lang)
            assert code == 2
            assert says in error
            assert "H0" not in error
    assert ["Households", "0", "0", "80", "0", "80", "0"] in [
        line.split() for line in run("import", *act, "--part")[1].splitlines()
    ]
    shown = run("import", *act, "--replace", lang="zh")[1]
    assert ["住户", "0", "0", "20", "60", "20", "0"] in [line.split() for line in shown.splitlines()]


def test_a_conversion_is_told_with_its_evidence(run: Run, tmp_path: Path) -> None:
    homes = convert_datum(office_town()["households"].to_crs(4326), "wgs84", "gcj02")
    file = write_town(tmp_path, {"households": homes})["households"]
    said = run("import", "--households", file, "--dry-run")[1]
    evidence = r"median distance to the nearest line \(street\) from \d+\.\d m to 10 m \(\d+\.\d m as BD-09; 80 points compared\)"
    assert re.search(rf"Households: converted from GCJ-02, moved by \d{{3}} m \(median\); {evidence}", said)
    zh = run("import", "--households", file, "--dry-run", lang="zh")[1]
    assert re.search(
        r"住户：坐标已由 GCJ-02 换算，移动 \d{3} 米（中位数）；到最近线（道路）距离的中位数由 \d+\.\d m 变为 10 m", zh
    )
    told = run("import", "--households", file, "--dry-run", "--datum", "gcj02")[1]
    assert "m (median); as told" in told
    as_given = run("import", "--households", file, "--dry-run", "--datum", "wgs84")[1]
    assert "Households: of 80 with a place, " in as_given
    assert "are outside all grids" in as_given


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_fit_the_terminal(decided: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    homes = write_town(tmp_path, {"households": office_town()["households"]})["households"]
    asked = (("validate",), ("history",), ("where", "--household", "H000"), ("repair", "--dry-run"))
    for command in (*asked, ("import", "--households", homes, "--dry-run", "--effective", "2026-12-20")):
        shown = decided(*command, lang=lang)[1]
        assert max(map(cell_len, shown.splitlines())) <= 80
