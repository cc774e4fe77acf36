"""The commands on a workspace: what they say in both languages, what they write, who may read it, and their exit codes."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from rich.cells import cell_len

from api.cli import main
from api.planning import PLANNING
from api.workspaces import WORKSPACES
from geogrid.profile import data_dir
from geogrid.store import open_workspace
from tests.builders import block
from tests.office_files import DAY, make_workspace, office_town, options_of, write_town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
Run = Any
"""Runs a command on the workspace in English: its exit code, what it printed, and its errors."""


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the environment out of the tests, and the process's hooks in."""
    for name in ("GEOGRID_LANG", "GEOGRID_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    hook = sys.excepthook
    yield
    sys.excepthook = hook


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workspace of the paper-sized office."""
    return make_workspace(tmp_path_factory.mktemp("office"))


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Path:
    """Return a workspace of a test's own."""
    return Path(shutil.copy(made, tmp_path / "office.gpkg"))


@pytest.fixture
def run(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return what runs a command on the workspace, in English unless told."""

    def work(command: str, *arguments: object, lang: str = "en") -> tuple[int, str, str]:
        code = main([*command.split(), str(workspace), *map(str, arguments), "--lang", lang])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return work


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def rows(printed: str) -> list[list[str]]:
    """Return the cells of tables, which stand two blanks apart or more."""
    return [re.split(r" {2,}", line.strip()) for line in printed.splitlines() if line.strip()]


# Made


def test_init_makes_a_workspace_that_its_owner_alone_may_read(made: Path) -> None:
    assert mode(made) == 0o600
    with open_workspace(made) as opened:
        assert opened.crs.to_string() == "EPSG:4548"
        assert opened.name == "纸镇"
        assert [str(each) for each in opened.versions()["effective"]] == [DAY] * 7
        assert len(opened.read("households")) == 80
        assert set(opened.versions()["who"]) == {"张三"}


def test_init_says_what_it_read_and_chooses_the_crs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    town = {table: rows.to_crs(4326) for table, rows in office_town().items()}
    town["households"] = town["households"].assign(persons=[-1, *[3] * 79])
    files = options_of(write_town(tmp_path, town))
    assert main(["init", str(tmp_path / "w.gpkg"), *files, "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert "CGCS2000" in said
    assert ["住户", "79", "0", "0", "0", "79", "1"] in rows(said)
    assert "住户：有位置的 79 户都在网格内" in said
    assert "1 行不可用，未用" in said
    assert "没有密钥" in said
    (rejected,) = tmp_path.glob("*.rejected.csv")
    assert mode(rejected) == 0o600
    assert not re.search(r"H\d{3}", said)


def test_init_leaves_nothing_when_a_file_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = write_town(tmp_path, office_town())
    files["roads"].write_bytes(b"no streets")
    before = set(tmp_path.iterdir())
    arguments = ["init", str(tmp_path / "w.gpkg"), *options_of(files), "--new-key", str(tmp_path / "key")]
    assert main(arguments) == 2
    assert "roads.gpkg" in capsys.readouterr().err
    assert set(tmp_path.iterdir()) == before


def test_init_leaves_nothing_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "w.gpkg")

    files = options_of(write_town(tmp_path, office_town()))
    before = set(tmp_path.iterdir())
    monkeypatch.setattr("geogrid.officeland.write_brought", full)
    assert main(["init", str(tmp_path / "w.gpkg"), *files]) == 2
    assert "磁盘已满" in capsys.readouterr().err
    assert set(tmp_path.iterdir()) == before


def test_init_never_overwrites(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = workspace.read_bytes()
    key = workspace.with_name("key")
    assert main(["init", str(workspace), "--grids", "g.geojson", "--new-key", str(key), "--lang", "en"]) == 2
    assert "office.gpkg exists and is never overwritten" in capsys.readouterr().err
    assert workspace.read_bytes() == content
    assert not key.exists()


# Brought in


def fewer_homes(folder: Path) -> Path:
    """Write households without the first, the second with four persons, the third with a number that is none."""
    homes = office_town()["households"].iloc[1:].copy()
    homes.loc[homes.index[:2], "persons"] = [4, -1]
    return write_town(folder, {"households": homes})["households"]


def test_import_says_what_is_new_changed_unchanged_and_ended(run: Run, workspace: Path, tmp_path: Path) -> None:
    file = fewer_homes(tmp_path)
    code, said, _ = run("import", "--households", file, "--dry-run")
    assert code == 0
    assert "A trial; nothing was written" in said
    assert ["Households", "0", "1", "78", "1", "79", "1"] in rows(said)
    assert "rows that stay as they were: 1;" in " ".join(said.split())
    with open_workspace(workspace) as opened:
        assert opened.head.version == 6
    code, said, _ = run("import", "--households", file, "--who", "Li", "--reason", "census", "--effective", "2026-03-01")
    assert code == 0
    assert ["Households", "0", "1", "78", "1", "79", "1"] in rows(said)
    assert "rows that stay as they were: 1;" in " ".join(said.split())
    assert "version 7  import  with effect from 2026-03-01" in said
    assert not re.search(r"H\d{3}", said)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_writer_says_who_and_why(run: Run, tmp_path: Path) -> None:
    code, _, error = run("import", "--households", fewer_homes(tmp_path), "--who", "Li")
    assert code == 2
    assert "say --reason" in error
    assert run("import", "--who", "Li", "--reason", "x")[2].startswith("Error  nothing to import")


# Tested and mended


def test_validate_of_sound_boundaries(run: Run) -> None:
    code, said, _ = run("validate")
    assert code == 0
    assert "4 grids, 2 areas: nothing found." in said


def messy(folder: Path) -> Path:
    """Write the grids with G2 half a metre too far west, over G1 and with a strip left to G3; G4 too small by 30 m."""
    grids = office_town()["grids"].copy()
    grids.loc[1, "geometry"] = block(499.5, 0, 999.5, 1000)
    grids.loc[3, "geometry"] = block(1530, 0, 2000, 1000)
    return write_town(folder, {"grids": grids})["grids"]


@pytest.fixture
def mess(run: Run, tmp_path: Path) -> Run:
    """Return what runs commands on a workspace whose grids do not tile."""
    assert run("import", "--grids", messy(tmp_path), "--who", "Li", "--reason", "survey")[0] == 0
    return run


def test_validate_finds_defects_and_writes_them(mess: Run, tmp_path: Path) -> None:
    code, said, _ = mess("validate", "--out", tmp_path / "f.geojson")
    assert code == 3
    assert "defects: hole 1, sliver 2" in said
    assert "decide whose it is" not in said
    found = gpd.read_file(tmp_path / "f.geojson")
    assert sorted(found["kind"]) == ["cut_unit", "cut_unit", "hole", "sliver", "sliver"]
    code, said, _ = mess("validate", "--out", tmp_path / "f.gpkg", lang="zh")
    assert code == 3
    assert "同一条边界画了两遍" in said
    assert gpd.read_file(tmp_path / "f.gpkg").crs.to_epsg() == 4548


def test_validate_holds_a_neighbours_border_against_ours(run: Run, tmp_path: Path) -> None:
    east = gpd.GeoDataFrame({"grid_id": ["E1"], "name": ["东邻"]}, geometry=[block(2002, 0, 2500, 1000)], crs=4548)
    east.to_file(tmp_path / "east.gpkg")
    code, said, _ = run("validate", "--neighbour", tmp_path / "east.gpkg", "--out", tmp_path / "f.geojson")
    assert code == 3
    assert "1 holes and 0 overlaps along the border with the neighbour, at most 2.00 m wide" in said
    assert gpd.read_file(tmp_path / "f.geojson")["kind"].tolist() == ["border_hole"]


def test_validate_refuses_who_is_no_neighbour(run: Run, tmp_path: Path) -> None:
    far = gpd.GeoDataFrame({"grid_id": ["E1"], "name": ["远"]}, geometry=[block(9000, 0, 9500, 1000)], crs=4548)
    far.to_file(tmp_path / "far.gpkg")
    code, _, wrong = run("validate", "--neighbour", tmp_path / "far.gpkg")
    assert code == 2
    assert "far.gpkg lies 7,000 m from our boundaries, more than 50 m: no neighbour's" in wrong


def test_validate_says_what_both_have(run: Run, tmp_path: Path) -> None:
    both = gpd.GeoDataFrame({"grid_id": ["E1"], "name": ["东邻"]}, geometry=[block(1900, 0, 2500, 1000)], crs=4548)
    both.to_file(tmp_path / "both.gpkg")
    code, said, _ = run("validate", "--neighbour", tmp_path / "both.gpkg")
    assert code == 3
    assert "1 pieces of land that both have" in " ".join(said.split())


def test_repair_says_first_and_writes_then(mess: Run, workspace: Path, tmp_path: Path) -> None:
    code, said, _ = mess("repair", "--dry-run", "--out", tmp_path / "m")
    assert code == 0
    assert re.search(r"Mended \d+ defects narrower than 1 m, 1,000\.0\d m² in all", said)
    assert "30,000.00" in said
    assert "a person decides" in said
    assert "A trial" in said
    account = pd.read_csv(tmp_path / "m" / "account.csv").set_index("polygon_id")
    assert account.loc["G2", ["before_m2", "after_m2"]].tolist() == [500000, 499500 + 500]
    held = account["before_m2"] + account["taken_m2"] - account["given_m2"] + account["cut_m2"]
    assert held.tolist() == pytest.approx(account["after_m2"].tolist(), abs=0.01)
    assert mode(tmp_path / "m" / "private" / "moved.csv") == 0o600
    assert len(gpd.read_file(tmp_path / "m" / "left.geojson")) == 1
    assert mess("repair")[0] == 2
    code, said, _ = mess("repair", "--who", "Li", "--reason", "mend", lang="zh")
    assert code == 0
    assert "第 8 版  修复" in said
    with open_workspace(workspace) as opened:
        shapes = opened.boundaries().grids
        assert opened.head.kind == "repair"
        assert shapely.intersection(shapes["G1"].shape, shapes["G2"].shape).area == 0


def test_nothing_to_mend_is_said(run: Run, workspace: Path) -> None:
    code, said, _ = run("repair", "--who", "Li", "--reason", "mend")
    assert code == 0
    assert "no defects; nothing was changed" in said
    with open_workspace(workspace) as opened:
        assert opened.head.version == 6


# Asked


def test_history_and_where(run: Run, tmp_path: Path) -> None:
    assert ["2", "2026-01-01", "began (import)", "500,000", "张三", "first import"] in rows(run("history", "G1")[1])
    grids = office_town()["grids"]
    named = grids.assign(name=grids["name"].mask(grids["grid_id"] == "G1", "东片"))
    act = ("--who", "Li", "--reason", "a name", "--effective", "2026-02-01")
    assert run("import", "--grids", write_town(tmp_path, {"grids": named})["grids"], *act)[0] == 0
    assert "changed: name (import)" in run("history", "G1")[1]
    assert "变动：名称（导入）" in run("history", "G1", lang="zh")[1]
    ledger = rows(run("history", lang="zh")[1])
    assert ledger[0] == ["纸镇 的账本"]
    assert [row[2] for row in ledger[3:]] == ["建立", *["导入"] * 7]
    code, said, _ = run("where", "--household", "H000", "--on", "2026-02-01")
    assert code == 0
    assert "H000  2026-02-01  in G1 东片" in said
    assert "从未登记过" in run("where", "--household", "X", "--on", "2026-02-01", lang="zh")[1]


def test_codes_are_given_checked_and_looked_up(run: Run, tmp_path: Path) -> None:
    listed = tmp_path / "codes.csv"
    listed.write_text(
        "代码,名称,状态,新代码\n990101100001,村1,有效,\n990101100002,村2,撤销,990101100009\n990101100009,新村,有效,\n"
    )
    act = ("--who", "Li", "--reason", "first codes")
    assert run("codes", "--number", *act)[0] == 3, "the areas have no codes to begin with"
    areas = office_town()["areas"].assign(code=["990101100001", "990101100002"])
    assert run("import", "--areas", write_town(tmp_path, {"areas": areas})["areas"], *act)[0] == 0
    code, said, _ = run("codes", lang="zh")
    assert code == 0, "what nobody has numbered yet is not wrong"
    assert "缺编码" in said
    assert "网格 4 个：G1" in said
    assert "15 位数字：县（市、区） 6" in said
    assert "这不算问题" in said
    code, said, _ = run("validate")
    assert code == 0
    assert "which is nothing wrong" in said
    code, said, _ = run("codes", "--number", *act, "--list", listed)
    assert code == 3
    assert "4 new codes: G1 990101100001001, G2 990101100001002" in said
    assert "990101100009" in said
    assert "correction" in said
    assert run("codes")[0] == 0
    assert "no grid to number" in run("codes", "--number", "--who", "Li", "--reason", "x")[1]
    code, said, _ = run("validate", "--codes", listed)
    assert code == 3
    assert "has ended" in said
    assert run("codes", "--codes", listed, "--out", tmp_path / "found.csv")[0] == 3
    found = pd.read_csv(tmp_path / "found.csv", dtype=str)
    assert found["finding"].tolist() == ["ended"] * 3, "the area, and the grids whose code begins with its"
    assert found["id"].tolist()[0] == "V2"
    assert mode(tmp_path / "found.csv") == 0o600
    code, _, error = run("codes", "--out", tmp_path / "found.pdf")
    assert (code, "should be a .csv" in error) == (2, True)


def test_export_is_its_owners_alone(run: Run, tmp_path: Path) -> None:
    for name in ("homes.csv", "grids.shp", "grids.geojson"):
        table = "households" if name.startswith("homes") else "grids"
        assert run("export", "--table", table, "--out", tmp_path / name, "--version", "6")[0] == 0
    assert len(pd.read_csv(tmp_path / "homes.csv")) == 80
    assert {mode(path) for path in tmp_path.iterdir() if path.stem in ("homes", "grids")} == {0o600}
    code, _, error = run("export", "--table", "staff", "--out", tmp_path / "s.xlsx")
    assert code == 2
    assert "write a .csv instead" in error
    assert run("export", "--table", "staff", "--out", tmp_path / "s.csv", "--on", "2026-05-01")[0] == 0


# Kept


def test_backup_and_verify(run: Run, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("backup", tmp_path / "copy.gpkg")[0] == 0
    assert mode(tmp_path / "copy.gpkg") == 0o600
    code, said, _ = run("verify")
    assert code == 0
    assert "HMACs not checked" in said
    (head,) = re.findall("[0-9a-f]{64}", said)
    assert run("verify", "--head", head)[0] == 0
    assert run("verify", "--head", "0" * 64)[0] == 3
    with closing(sqlite3.connect(workspace)) as connection, connection:
        connection.execute("INSERT INTO meta VALUES ('writing', '')")
        connection.execute("UPDATE grids SET name = '改' WHERE grid_id = 'G1'")
        connection.execute("DELETE FROM meta WHERE key = 'writing'")
    code, said, _ = run("verify", lang="zh")
    assert code == 3
    assert "不符：" in said
    assert any(row[:2] == ["2", "网格"] for row in rows(said))
    assert main(["verify", str(tmp_path / "copy.gpkg")]) == 0
    capsys.readouterr()


def test_a_key_is_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    files = options_of(write_town(tmp_path, {"grids": office_town()["grids"]}))
    key, made = tmp_path / "key", str(tmp_path / "w.gpkg")
    assert main(["init", made, *files, "--new-key", str(key), "--lang", "en"]) == 0
    assert mode(key) == 0o600
    assert main(["verify", made, "--key", str(key), "--lang", "en"]) == 0
    assert "HMACs checked" in capsys.readouterr().out
    again = ["import", made, *files, "--who", "Li", "--reason", "again", "--lang", "en"]
    assert main(again) == 2
    assert "nothing was written. Name the key with --key FILE" in capsys.readouterr().err
    assert main([*again, "--key", str(key), "--without-key"]) == 2
    assert "give --key or --without-key, not both" in capsys.readouterr().err
    assert main([*again, "--without-key"]) == 0
    assert "was written with --without-key and has no HMAC" in " ".join(capsys.readouterr().out.split())
    assert main(["history", made, "--lang", "en"]) == 0
    assert "although earlier ones have one: version 2" in " ".join(capsys.readouterr().out.split())
    assert main(["verify", made, "--key", str(key), "--lang", "en"]) == 3
    assert "no HMAC, so the key proves nothing: version 2." in " ".join(capsys.readouterr().out.split())
    monkeypatch.setenv("GEOGRID_KEY_FILE", str(key))
    assert main(again) == 0
    capsys.readouterr()
    assert main(["verify", made]) == 0
    assert "没有自己的 HMAC，由其后的版本担保：第 2 版" in capsys.readouterr().out
    key.chmod(0o644)
    assert main(["verify", made]) == 2
    assert "权限是 0644" in capsys.readouterr().err
    key.chmod(0o600)
    key.write_text("short")
    assert main(["verify", made, "--lang", "en"]) == 2
    assert "holds no usable key" in capsys.readouterr().err
    monkeypatch.setenv("GEOGRID_KEY_FILE", str(tmp_path / "none"))
    assert main(["verify", made, "--lang", "en"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_erase_from_a_list_or_a_file(run: Run, tmp_path: Path) -> None:
    act = ("--who", "Li", "--reason", "their wish")
    code, said, _ = run("erase", "--households", "H000,H001", *act)
    assert code == 0
    assert "2 rows of households erased" in said
    assert "H00" not in said
    assert "erased" in run("where", "--household", "H000", "--on", "2026-02-01")[1]
    listed = tmp_path / "gone.csv"
    listed.write_text("户编号\nH002\n", encoding="utf-8")
    assert "抹除 1 行住户" in run("erase", "--households", listed, *act, lang="zh")[1]
    listed.write_text("name\nH003\n", encoding="utf-8")
    assert "no column household_id" in run("erase", "--households", listed, *act)[2]
    assert run("verify")[0] == 0


def test_migrate_of_a_workspace_of_today(run: Run) -> None:
    assert "is in this program's format, version 6" in run("migrate")[1]


# Errors


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["init", "NEW"], "缺少 --grids", "missing: --grids"),
        (["init", "NEW", "--grids", "missing.geojson"], "missing.geojson", "missing.geojson"),
        (["init", "NEW", "--grids", "GRIDS", "--crs", "EPSG:x"], "没有坐标系“EPSG:x”", "no CRS 'EPSG:x'"),
        (["init", "NEW", "--grids", "GRIDS", "--crs", "EPSG:4326"], "米", "metres"),
        (
            ["init", "NEW", "--grids", "GRIDS", "--effective", "soon"],
            "--effective soon 应为日期",
            "--effective soon: expected a date",
        ),
        (["init", "NEW", "--grids", "GRIDS", "--datum", "mars"], "mars", "mars"),
        (["import", "NEW", "--grids", "GRIDS", "--dry-run"], "没有找到工作区 new.gpkg", "there is no workspace new.gpkg"),
        (["import", "GRIDS", "--grids", "GRIDS", "--dry-run"], "不是 geogrid 的工作区", "no workspace of geogrid"),
        (["validate", "W", "--out", "f.csv"], "应为 .geojson 或 .gpkg", "should be a .geojson or .gpkg"),
        (["validate", "W", "--codes", "missing.csv"], "missing.csv", "missing.csv"),
        (["repair", "W", "--width", "0", "--dry-run"], "“0”不对", "'0' is not usable"),
        (["repair", "W", "--inside", "missing.gpkg", "--dry-run"], "missing.gpkg", "missing.gpkg"),
        (["history", "W", "G9"], "从未有过网格 G9", "there never was a grid G9"),
        (["where", "W"], "缺少 --household", "missing: --household"),
        (["where", "W", "--household", "H000", "--on", "soon"], "--on soon 应为日期", "--on soon: expected a date"),
        (["codes", "W", "--number", "--who", "L", "--reason", "r", "--on", "2026-02-01"], "不能与 --on 同用", "cannot go with"),
        (["import", "W", "--grids", "GRIDS", "--dry-run", "--part", "--replace"], "只能取其一", "cannot both be"),
        (["where", "W", "--household", "H000", "--on", "1999-01-01"], "早于工作区的第一天", "the first day of the workspace"),
        (["codes", "W", "--number"], "请写明 --who --reason", "say --who --reason"),
        (["verify", "W", "--head", "412647"], "只有 6 位，太少", "has 6 digits, too few: give the first 12"),
        (["export", "W", "--table", "cats", "--out", "c.csv"], "cats", "cats"),
        (["export", "W", "--table", "grids", "--out", "NO/c.csv"], "不存在或不能写入", "missing or not writable"),
        (["export", "W", "--table", "grids", "--out", "W"], "既是输入又是输出", "both input and output"),
        (["export", "W", "--table", "grids", "--out", "g.geojson", "--version", "x"], "应", "whole number"),
        (["export", "W", "--table", "grids", "--out", "g.geojson", "--version", "99"], "没有第 99 版", "no version 99"),
        (["backup", "W", "W"], "就是工作区本身", "is the workspace itself"),
        (["erase", "W", "--households", "H1", "--who", "Li"], "请写明 --reason", "say --reason"),
        (["erase", "W", "--households", "none.csv", "--who", "L", "--reason", "r"], "没有文件 none.csv", "no file none.csv"),
        (["erase", "W", "--households", ",", "--who", "L", "--reason", "r"], "没有给出户编号", "no household id"),
        (["erase", "W", "--households", "X", "--who", "L", "--reason", "r"], "没有这 1 户", "none of these 1"),
    ],
)
def test_errors(
    arguments: list[str], zh: str, en: str, workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = workspace.parent
    files = write_town(folder, {"grids": office_town()["grids"]})
    named = {"W": workspace, "NEW": folder / "new.gpkg", "GRIDS": files["grids"]}
    monkeypatch.chdir(folder)
    before = set(folder.iterdir())
    for lang, says in (("zh", zh), ("en", en)):
        assert main([*(str(named.get(part, part)) for part in arguments), "--lang", lang]) == 2
        printed = capsys.readouterr()
        assert says in printed.err
        assert printed.out == ""
        assert "Traceback" not in printed.err
    assert set(folder.iterdir()) == before


# What a person sees


@pytest.mark.parametrize("width", ["80", "120"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_fit_the_terminal(mess: Run, monkeypatch: pytest.MonkeyPatch, width: str, lang: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    for command in (("validate",), ("repair", "--dry-run"), ("history",), ("history", "G2"), ("codes",)):
        shown = mess(*command, lang=lang)[1]
        assert max(map(cell_len, shown.splitlines())) <= int(width)


def test_names_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    act = ("--who", "L\x1b[2J", "--reason", "r\x07")
    code, shown, error = run("import", "--households", fewer_homes(tmp_path), *act)
    assert code == 2
    assert "field who cannot be" in error
    assert not {"\x1b", "\x07"} & set(shown + error + run("history")[1])


# The README


def test_the_commands_of_the_readme_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"<!-- workspace -->\n\n```sh\n(.*?)\n```", text, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(data_dir())
    ran = []
    for line in re.sub(r"\\\n\s*", "", lines).splitlines():
        program, *arguments = shlex.split(line, comments=True)
        assert program == "geogrid"
        assert main(arguments) == 0, capsys.readouterr().err
        assert set(re.findall(r"\bH\d{5}\b", capsys.readouterr().out)) <= {"H00001"}
        ran.append(arguments[0] if arguments[0] != "plan" else " ".join(arguments[:2]))
    assert {"init", "validate", "plan apply", "plan adopt", "verify"} <= set(ran)
    said = text[text.index("| `plan diff`") : text.index("| `plan rebase`")]
    for name in re.findall(r"`((?:private/)?[\w-]+\.(?:html|json|csv|xlsx))`", said):
        assert list((tmp_path / "out").glob(name.replace("-N.", "-*."))), name


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = [*WORKSPACES, *(f"plan {name}" for name in PLANNING)]
    assert [name for name in named if f"`{name}" not in text] == []
