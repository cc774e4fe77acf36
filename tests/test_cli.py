"""The command ``geogrid``: what it says, what it writes, and its exit codes."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
import typer
from rich.cells import cell_len
from rich.console import Console

from api import cli, convert, jobs, words
from api.cli import main
from api.help import key_of
from api.options import datum_option
from api.settings import Settings
from api.terminal import LONG_S, Terminal, clean
from api.toldcheck import summary
from geogrid.errors import InputError
from geogrid.profile import data_dir
from geogrid.words import LANGS, Text
from tests.published import HOSTILE, public_report, travelled, write_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_OF_CHECK = ["--grids", "g", "--households", "h", "--facilities", "f", "--roads", "r"]


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the environment's language and the process's hooks out of the tests, and the other way round."""
    monkeypatch.delenv("GEOGRID_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    hook = sys.excepthook
    yield
    sys.excepthook = hook


def commands() -> dict[str, Any]:
    """Return every command as the library built it, those of a group by both names."""
    found = dict(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]
    inside = {f"{name} {key}": each for name, group in found.items() for key, each in getattr(group, "commands", {}).items()}
    return found | inside


# Help


def test_every_command_and_option_is_described_in_both_languages() -> None:
    for name, command in commands().items():
        described = [words.COMMANDS[name], *(words.OPTIONS[key_of(parameter)].says for parameter in command.params)]
        assert all(text.zh and text.en and text.zh != text.en for text in described)


@pytest.mark.parametrize("name", [*commands()])
@pytest.mark.parametrize("lang", LANGS)
def test_help_names_every_option_and_the_exit_codes(name: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*name.split(), "--help", "--lang", lang]) == 0
    shown = capsys.readouterr().out
    named = [p.opts[0] for p in commands()[name].params if p.param_type_name == "option"]
    assert [option for option in named if option not in shown] == []
    assert "".join(words.EXIT_CODES.say(lang).split()) in "".join(shown.split())  # type: ignore[arg-type]


def test_help_without_a_command_lists_them_and_wants_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().out
    assert [name for name in commands() if " " not in name and name not in shown] == []


def test_help_breaks_lines_between_chinese_characters_and_leaves_no_blanks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["convert", "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [
        line for line in lines if line != line.rstrip() or cell_len(line) > 60 or line.lstrip()[:1] in set("，。、；：）")
    ] == []
    assert any("、roads、" in line for line in lines), "words stay whole"


def test_optional_arguments_and_files_are_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--help"]) == 0
    assert "geogrid serve [SERVED]" in capsys.readouterr().out
    assert main(["draft-grids", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "--out OUT" in shown
    assert "wgs84（默认）" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "geogrid 0.1.0\n"


# Errors: one clear message, exit code 2


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["check"], "缺少 --grids, --households, --facilities, --roads, --out", "missing: --grids, --households"),
        (["check", "--grids"], "--grids 后面要给一个值", "--grids needs a value after it"),
        (["demo", "--nope"], "没有选项 --nope", "there is no option --nope"),
        (["demo", "--port", "x"], "--port 后面应为：0 到 65535 的整数", "--port must be followed by a whole number from 0"),
        (
            ["check", *ALL_OF_CHECK, "--out", "o", "--cutoff", "abc"],
            "--cutoff 后面应为大于 0 的数字",
            "--cutoff must be followed by a number above 0",
        ),
        (["chekc"], "没有命令 chekc：可用 ", "there is no command 'chekc': choose "),
        (["demo", "extra"], "用法不对：", "wrong usage: "),
        (["demo", "--lang", "fr"], "语言 fr 不支持：请用 zh 或 en", "language fr is not known: use zh or en"),
        (["convert", "a.csv", "b.csv", "--table", "cats"], "没有表“cats”：可选 grids", "there is no table 'cats': choose grids"),
        (
            ["check", *ALL_OF_CHECK, "--out", "o", "--datum", "cats=gcj02"],
            "看不懂：请写 表=基准",
            "is not understood: write table=datum",
        ),
        (["convert", "missing.csv", "b.csv"], "missing.csv", "missing.csv"),
        (["convert"], "缺少 IN", "missing: IN"),
        (["serve", "--port", "99999"], "--port 后面应为：0 到 65535 的整数", "from 0 to 65535"),
    ],
)
def test_usage_and_input_errors(
    arguments: list[str], zh: str, en: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    chinese = capsys.readouterr()
    assert zh in chinese.err
    assert en in chinese.err
    assert "Traceback" not in chinese.err
    assert chinese.out == ""
    if "--lang" not in arguments:
        assert main(["--lang=en", *arguments]) == 2
        english = capsys.readouterr().err
        assert en in english
        assert "错误" not in english


def test_language_comes_from_the_option_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GEOGRID_LANG", "en")
    assert main(["check"]) == 2
    assert capsys.readouterr().err.startswith("Error  missing: --grids")
    assert main(["check", "--lang", "zh"]) == 2
    assert capsys.readouterr().err.startswith("错误  缺少 --grids")
    monkeypatch.setenv("GEOGRID_LANG", "xx")
    assert main(["--version"]) == 2


def test_english_where_chinese_cannot_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for encoding, lang in (("ascii", "en"), ("gbk", "zh")):
        monkeypatch.setattr(sys, "stdout", TextIOWrapper(BytesIO(), encoding=encoding))
        assert cli._language_asked([]) == lang


@pytest.mark.parametrize("option", ["--cutoff", "--speed", "--radius", "--max-snap"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf"])
def test_numbers_that_make_no_sense_are_refused_before_reading(
    option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *ALL_OF_CHECK, "--out", str(tmp_path / "o"), option, value]) == 2
    assert f"{option} 后面应为大于 0 的数字" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_services_go_by_any_name_and_unknown_ones_are_refused_before_reading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *ALL_OF_CHECK, "--out", str(tmp_path / "o"), "--services", "教育，银行"]) == 2
    assert "配置中没有服务“银行”：可选 education 教育, " in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_inputs_are_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The result has a grids.geojson too: a planner who gives ``--out .`` would lose the office's own."""
    grids = tmp_path / "grids.geojson"
    grids.write_text("{}")
    assert main(["check", "--grids", str(grids), *ALL_OF_CHECK[2:], "--out", str(tmp_path)]) == 2
    assert "输入文件 grids.geojson 就在 --out" in capsys.readouterr().err
    assert main(["convert", str(grids), str(tmp_path / "." / "grids.geojson")]) == 2
    assert "既是输入又是输出" in capsys.readouterr().err
    assert main(["draft-grids", "--points", "p.csv", "--areas", str(grids), "--out", str(grids)]) == 2
    assert grids.read_text() == "{}"


def test_files_and_folders_closed_to_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("id,lon,lat\n1,117.2,28.2\n")
    assert main(["convert", str(tmp_path / "a.csv"), str(tmp_path / "none" / "b.csv")]) == 2
    assert "none 不存在或不能写入" in capsys.readouterr().err
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert main(["convert", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]) == 2
    assert "IN 所指的文件或文件夹没有读取权限" in capsys.readouterr().err


def test_out_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    for out in (file, file / "below"):
        assert main(["demo", "--out", str(out)]) == 2
        assert "请给一个文件夹" in capsys.readouterr().err


def test_a_full_disk_is_told_and_can_be_mended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere/report.json")

    monkeypatch.setattr(jobs, "run_demo", full)
    assert main(["demo"]) == 2
    assert capsys.readouterr().err == "错误  report.json：磁盘已满\nOSError: report.json: no space left on the disk\n"


def test_wrong_environment_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GEOGRID_PORT", "high")
    assert main(["serve", "."]) == 2
    assert "GEOGRID_PORT（或对应的选项）的值“high”不对，应为：0 到 65535 的整数" in capsys.readouterr().err
    monkeypatch.setenv("GEOGRID_PORT", "0")
    assert main(["serve", ".", "--frame-ancestors", "javascript:x", "--lang", "en"]) == 2
    assert "GEOGRID_FRAME_ANCESTORS (or its option) is 'javascript:x': expected origins" in capsys.readouterr().err


def test_interruption_has_its_own_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "run_demo", interrupted)
    assert main(["demo"]) == 130
    assert capsys.readouterr().out == "已中断。\n"


def test_our_fault_ends_with_1_and_says_where_the_details_are(tmp_path: Path) -> None:
    """Run in a process of its own, because what is left over is told by the interpreter's last hook."""
    program = (
        "import sys; from api import cli, jobs; jobs.run_demo = lambda *a: 1 / 0; sys.exit(cli.main(['demo', '--lang', 'en']))"
    )
    root = str(Path(cli.__file__).parents[1])
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": root, "COLUMNS": "300"}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
    )
    (written,) = tmp_path.glob("geogrid-error-*.txt")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error  This is our fault (ZeroDivisionError), not that of your files.\n")
    assert str(written) in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "ZeroDivisionError: division by zero" in written.read_text(encoding="utf-8")
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "means"),
    [("auto", "auto"), (" gcj02", "gcj02"), ("households=gcj02， grids = wgs84", {"households": "gcj02", "grids": "wgs84"})],
)
def test_datum_option(text: str, means: object) -> None:
    assert datum_option(text) == means


@pytest.mark.parametrize("text", ["households=", "cats=gcj02", "=gcj02"])
def test_datum_option_that_is_not_understood(text: str) -> None:
    with pytest.raises(InputError, match="is not understood"):
        datum_option(text)


# The summary


def drawn(width: int, lang: str, **changes: Any) -> str:
    """Return the summary as a terminal of so many columns shows it."""
    console = Console(width=width, record=True, file=open(os.devnull, "w", encoding="utf-8"), markup=False)  # noqa: PTH123, SIM115
    with console.file:
        public = public_report(hostile=HOSTILE)
        public.summary.update(changes)
        console.print(summary(public, Path("out"), seconds=3.21, lang=lang, width=width))  # type: ignore[arg-type]
    return console.export_text()


def test_modes_paces_and_whole_minutes_stand_uncut_in_the_summary() -> None:
    """The longest names of all, in English, at 80 columns."""
    public = travelled(public_report(), medical=("walk_older", 3.6, 30.0), sport=("car", 90.0, 12.5))
    shown = drawn(80, "en", services=public.summary["services"], settings=public.summary["settings"])
    for said in ("Education", "15 min on foot", "30 min on foot at", "12.5 min by car", "50.0%", "up to 90 km/h", "3.6 km/h"):
        assert said in shown
    assert ".0 min" not in shown


def test_what_became_of_added_streets_and_closures_is_said() -> None:
    row = {"table": "closures", "rejected": 0, "datum": None, "notes": [{"zh": "1 处封闭有效", "en": "1 closure is in force"}]}
    assert "封闭  1 处封闭有效" in drawn(80, "zh", inputs=[row])
    assert "封闭" not in drawn(80, "zh")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("lang", LANGS)
def test_summary_holds_what_a_planner_asks_first_and_fits_the_terminal(width: int, lang: str) -> None:
    shown = drawn(width, lang)
    for figure in ("4,932", "14,796", "50.0%", "2,460", "map.html", "report.html", "private/"):
        assert figure in shown
    assert [line for line in shown.splitlines() if Console().measure(line).maximum > width] == []


def test_summary_names_worst_grids_largest_gaps_defects_and_rejected_rows() -> None:
    shown = drawn(100, "zh")
    assert "东桥村第4网格" in shown
    assert re.findall(r"(\d+) +(\d+) +(22.4 分钟|无路可达)", shown) == [("210", "630", "22.4 分钟"), ("120", "360", "无路可达")]
    assert "网格边界问题  重叠 1, 空洞 1" in shown
    assert "不可用的行  住户 18" in shown
    assert "private/rejected.csv" in shown
    assert "换算过的坐标  住户 GCJ02" in shown
    assert "3.2 秒" in shown


def test_summary_of_a_town_without_faults() -> None:
    totals = public_report().summary["totals"] | {"defects": {}}
    shown = drawn(100, "en", gaps=[], worst_grids={}, totals=totals, inputs=[])
    assert "No grid falls short." in shown
    assert "No coverage gap to show." in shown
    assert "Tiling defects  none" in shown
    assert "Rejected rows  none" in shown


def test_names_cannot_steer_the_terminal() -> None:
    assert clean("a\x1b]0;title\x07b\u202ec") == "a\ufffd]0;title\ufffdb\ufffdc"


def test_progress_calls_are_silent_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal.open("zh").progress({"read": Text("读取文件", "Reading")}) as tell:
        tell("read", 0.0)
        tell("read", 1.0)
        tell("unheard of", 0.5)
    assert capsys.readouterr().err == ""


def test_short_steps_leave_no_bar_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("api.terminal.monotonic", lambda: now[0])
    err = Console(file=open(os.devnull, "w", encoding="utf-8"), force_terminal=True, width=100)  # noqa: PTH123, SIM115
    with err.file, Terminal("en", err, err).progress({"a": Text("快", "quick"), "b": Text("慢", "slow")}) as tell:
        for step, seconds in (("a", LONG_S / 2), ("b", LONG_S * 2)):
            tell(step, 0.0)
            now[0] += seconds
            tell(step, 1.0)
        tasks = tell._bars.tasks  # type: ignore[attr-defined]
        assert [(task.description, task.visible) for task in tasks] == [("quick", False), ("slow", True)]


# Converting and drafting


def town() -> gpd.GeoDataFrame:
    """Return one square area."""
    return gpd.GeoDataFrame(
        {"area_id": ["A"], "name": ["东镇"], "level": ["township"]},
        geometry=[shapely.box(117.20, 28.20, 117.24, 28.22)],
        crs=4326,
    )


def test_draft_grids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    town().to_file(tmp_path / "areas.geojson", driver="GeoJSON")
    (tmp_path / "points.csv").write_text(
        "point_id,name,lon,lat\nP1,东组,117.21,28.21\nP2,西组,117.23,28.21\nP3,外组,118.5,28.21\nP4,坏,abc,28.21\n",
        encoding="utf-8",
    )
    given = [
        "--points",
        str(tmp_path / "points.csv"),
        "--areas",
        str(tmp_path / "areas.geojson"),
        "--out",
        str(tmp_path / "grids.geojson"),
    ]
    assert main(["draft-grids", *given, "--lang", "en"]) == 0
    said = capsys.readouterr().out
    grids = gpd.read_file(tmp_path / "grids.geojson")
    assert grids[["grid_id", "name"]].to_numpy().tolist() == [["D001", "东组"], ["D002", "西组"]]
    assert "2 draft grids are in" in said
    assert "left out: P3 外组, in no area" in said
    assert "1 rows of points.csv were rejected" in said


def test_convert_changes_format_crs_and_datum_and_keeps_every_column(tmp_path: Path) -> None:
    town().assign(remark="备注").to_file(tmp_path / "a.geojson", driver="GeoJSON")
    assert (
        main(["convert", str(tmp_path / "a.geojson"), str(tmp_path / "b.gpkg"), "--crs", "EPSG:4548", "--to-datum", "gcj02"]) == 0
    )
    moved = gpd.read_file(tmp_path / "b.gpkg")
    assert moved.crs.to_epsg() == 4548
    assert moved["remark"].tolist() == ["备注"]
    assert main(["convert", str(tmp_path / "b.gpkg"), str(tmp_path / "c.geojson"), "--datum", "gcj02"]) == 0
    back = gpd.read_file(tmp_path / "c.geojson")
    assert back.geometry.iloc[0].hausdorff_distance(town().geometry.iloc[0]) < 1e-7


def test_convert_of_a_plain_table_loses_no_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_text("编号,经度,纬度,备注\n1,117.2,28.2,甲\n2,无,28.2,乙\n", encoding="gbk")
    assert main(["convert", str(tmp_path / "a.csv"), str(tmp_path / "b.geojson"), "--lang", "en"]) == 0
    features = json.loads((tmp_path / "b.geojson").read_text(encoding="utf-8"))["features"]
    assert [feature["properties"]["备注"] for feature in features] == ["甲", "乙"]
    assert [feature["geometry"] is None for feature in features] == [False, True]
    assert "1 rows have no usable position" in capsys.readouterr().out


def test_convert_as_households_writes_rejected_rows_beside_for_the_owner_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "h.csv").write_text("户编号,人口,经度,纬度\nH1,3,117.2,28.2\nH2,-3,117.2,28.2\n", encoding="utf-8")
    assert main(["convert", str(tmp_path / "h.csv"), str(tmp_path / "h.parquet"), "--table", "households"]) == 0
    assert "h.csv 有 1 行不可用" in capsys.readouterr().out
    beside = tmp_path / "h.h.csv.rejected.csv"
    assert "out_of_range" in beside.read_text(encoding="utf-8-sig")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (beside, tmp_path / "h.parquet")} == {0o600}
    assert gpd.read_parquet(tmp_path / "h.parquet")["household_id"].tolist() == ["H1"]


def test_convert_says_which_names_a_shapefile_cuts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    town().assign(supervision_phone="1").to_file(tmp_path / "a.geojson", driver="GeoJSON")
    assert main(["convert", str(tmp_path / "a.geojson"), str(tmp_path / "b.shp"), "--lang", "en"]) == 0
    assert "cut: supervision_phone. Write .gpkg" in capsys.readouterr().out


def test_convert_to_a_crs_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    town().to_file(tmp_path / "a.geojson", driver="GeoJSON")
    assert main(["convert", str(tmp_path / "a.geojson"), str(tmp_path / "b.gpkg"), "--crs", "EPSG:1"]) == 2
    assert "没有坐标系“EPSG:1”" in capsys.readouterr().err


def test_convert_needs_positions_and_a_known_crs(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("编号,备注\n1,甲\n", encoding="utf-8")
    with pytest.raises(InputError, match="no longitude and latitude columns"):
        convert.convert(tmp_path / "a.csv", tmp_path / "b.geojson", datums=("wgs84", "wgs84"))
    town().to_crs(4548).to_file(tmp_path / "a.shp", encoding="utf-8")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(InputError, match="declares no CRS and its coordinates are not degrees"):
        convert.convert(tmp_path / "a.shp", tmp_path / "b.geojson", datums=("wgs84", "wgs84"))


# Serving


def test_serve_without_a_check_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", str(tmp_path)]) == 2
    assert "请先运行 geogrid check --out" in capsys.readouterr().err


def test_serve_says_where_and_hides_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_folder(public_report(), tmp_path / "check")
    served: list[Any] = []
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: served.append((self.config, sockets[0].getsockname())))
    assert main(["serve", str(folder), "--port", "0", "--lang", "en"]) == 0
    config, (host, port) = served[0]
    assert capsys.readouterr().out == f"Serving at http://127.0.0.1:{port}/ (Ctrl+C to stop)\n"
    assert (host, config.server_header, config.proxy_headers, config.app.state.holdings.source().settings.lang) == (
        "127.0.0.1",
        False,
        False,
        "en",
    )


def test_a_port_in_use_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(public_report(), tmp_path / "check")
    with jobs.listening("127.0.0.1", 0) as taken:
        assert main(["serve", str(folder), "--port", str(taken.getsockname()[1])]) == 2
    assert "端口已被占用" in capsys.readouterr().err


def test_serve_without_a_folder_makes_the_demo_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(jobs, "run_demo", lambda _, folder: write_folder(public_report(), folder))
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    assert main(["serve", "--port", "0"]) == 0
    assert (tmp_path / Settings().folder / "report.json").is_file()


# The whole way


def test_demo_writes_everything_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "demo"
    assert main(["demo", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "样例镇" in shown
    public = {"report.json", "report.xlsx", "report.html", "map.html", "grids.geojson", "gaps.geojson", "service_radii.geojson"}
    assert public <= {path.name for path in out.iterdir()}
    assert stat.S_IMODE((out / "private").stat().st_mode) == 0o700
    total = json.loads((out / "report.json").read_text(encoding="utf-8"))["totals"]["households"]
    assert f"住户 {total:,}" in shown


def test_check_of_one_service_with_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = data_dir() / "sample"
    given = [
        part
        for table in ("grids", "households", "facilities", "roads")
        for part in (f"--{table}", str(sample / jobs.SAMPLE[table]))
    ]
    options = [
        "--services",
        "medical",
        "--cutoff",
        "20",
        "--speed",
        "4.5",
        "--radius",
        "900",
        "--max-snap",
        "150",
        "--datum",
        "wgs84",
    ]
    assert main(["check", *given, *options, "--out", str(tmp_path / "out"), "--lang", "en"]) == 0
    assert "20 min" in capsys.readouterr().out
    settings = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["settings"]
    assert (settings["services"], settings["cutoff_min"], settings["radius_m"]) == (
        ["medical"],
        {"medical": 20},
        {"medical": 900},
    )
    assert (settings["speed_kmh"], settings["max_snap_m"]) == (4.5, 150)
