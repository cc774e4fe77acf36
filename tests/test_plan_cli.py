"""The commands on plans: operations of every kind, all or nothing, compared, adopted, rebased, to files and back."""

from __future__ import annotations

import json
import math
import re
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from rich.cells import cell_len

from api.cli import main
from api.drawn import drawn_in
from api.planning import two_versions
from api.planoptions import OPTIONS, pair, staff_fields
from geogrid.errors import InputError
from geogrid.office import draw
from geogrid.plans import Plan
from geogrid.store import open_workspace
from tests.builders import block, frame, street
from tests.office_files import lines_file, make_workspace, office_town, write_town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Run = Any
ACT = ("--who", "Li", "--reason", "even out", "--approval", "No. 1")


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
    """Return the workspace of the paper-sized office with an empty plan, its travel times known."""
    workspace = make_workspace(tmp_path_factory.mktemp("office"))
    assert main(["plan", "new", str(workspace), "p"]) == 0
    return workspace


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Path:
    """Return a workspace of a test's own, with the empty plan "p"."""
    return Path(shutil.copy(made, tmp_path / "office.gpkg"))


@pytest.fixture
def run(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return what runs ``geogrid plan`` on the workspace, in English unless told."""

    def work(command: str, *arguments: object, lang: str = "en") -> tuple[int, str, str]:
        code = main(["plan", command, str(workspace), *map(str, arguments), "--lang", lang])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        assert not re.search(r"\bH\d{3}\b", printed.out + printed.err), "no household is named"
        return code, printed.out, printed.err

    return work


def saved(workspace: Path, name: str = "p") -> Plan:
    with open_workspace(workspace) as opened:
        return opened.plan(name)


def kinds(workspace: Path) -> list[str]:
    return [each.kind for each in saved(workspace).operations]


def polygon_file(folder: Path, *shapes: shapely.Polygon, **columns: list[str]) -> Path:
    file = folder / "land.gpkg"
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4548).to_file(file)
    return file


# Operations


def test_hand_and_border_and_draw_take_their_land_from_files(run: Run, workspace: Path, tmp_path: Path) -> None:
    """G1 gets 50 m of G2 with two households; G3 and G4 get a border at x = 1600; a new grid is drawn in G2."""
    assert run("apply", "p", "--hand", f"G1={polygon_file(tmp_path, block(500, 0, 550, 1000))}")[0] == 0
    line = lines_file(tmp_path, (1600, -10), (1600, 1010))
    assert run("apply", "p", "--border", f"G3,G4={line}")[0] == 0
    drawn = polygon_file(tmp_path, block(800, 0, 1000, 1000), grid_id=["N1"], name=["新村口"])
    code, said, _ = run("apply", "p", "--draw", drawn)
    assert code == 0
    assert re.search(r"3 +draw +draw N1 新村口 \(200,000 m²\) +20\.00 +G2 → N1", said)
    plan = saved(workspace)
    assert [each.kind for each in plan.operations] == ["hand", "border", "draw"]
    code, said, _ = run("diff", "p", "--full")
    assert ["G1 第1网格", "redrawn", "20 → 22", "60 → 66", "50.00 → 55.00", "2 / 0"] in cells(said)
    assert ["G4 第4网格", "redrawn", "20 → 16", "60 → 48", "50.00 → 40.00", "0 / 4"] in cells(said)
    assert ["N1 新村口", "new", "— → 8", "— → 24", "— → 20.00", "8 / 0"] in cells(said)


def cells(printed: str) -> list[list[str]]:
    return [re.split(r" {2,}", line.strip()) for line in printed.splitlines() if line.strip()]


def test_units_make_grids_and_move(run: Run, workspace: Path) -> None:
    code, said, _ = run("apply", "p", "--hand-units", "G1=U3", "--split-units", "G2=U4", lang="zh")
    assert code == 2
    assert "--split-units G2=U4" in said + run("apply", "p", "--split-units", "G2=U4,U3")[2], "G2 would lose all its land"
    code, said, _ = run("apply", "p", "--split-units", "G2=U4", lang="zh")
    assert code == 0
    assert "拆分 G2，新网格 G5（单元 U4）" in said
    assert kinds(workspace) == ["draw"]


TEETH = [point for n in range(500) for point in ((n, 0), (n + 0.5, 1000))]
MONSTERS = {
    "zigzag": (shapely.Polygon([*TEETH, (500, 1001), (0, 1001)]), "goes back and forth or crosses itself far too often"),
    "star": (
        shapely.Polygon([(500 + 400 * math.cos(3 * n), 500 + 400 * math.sin(3 * n)) for n in range(200)]),
        "goes back and forth or crosses itself far too often",
    ),
    "disc": (
        shapely.Polygon([(400 * math.cos(n / 5e4), 400 * math.sin(n / 5e4)) for n in range(314_159)]),
        "more than 200,000 vertices in all; simplify them in a GIS",
    ),
}


@pytest.mark.parametrize("monster", MONSTERS)
def test_outlines_that_would_take_minutes_are_refused(run: Run, tmp_path: Path, monster: str) -> None:
    shape, said = MONSTERS[monster]
    file = polygon_file(tmp_path, shapely.transform(shape, lambda xy: xy + block(0, 0, 1, 1).bounds[:2]))
    code, _, told = run("apply", "p", "--hand", f"G1={file}")
    assert (code, said in " ".join(told.split())) == (2, True)


def test_lines_that_cross_without_end_are_refused(run: Run, tmp_path: Path) -> None:
    fan = [(1_000 * (n % 2), 1_000 * math.sin(n) ** 2) for n in range(300)]
    code, _, told = run("apply", "p", "--split", f"G1={lines_file(tmp_path, *fan)}")
    assert (code, "cross one another far too often" in " ".join(told.split())) == (2, True)


def test_a_file_of_many_polygons_is_read_once(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def reading(file: str, datum: str, dimension: int) -> gpd.GeoDataFrame:
        read.append(file)
        return drawn_in(file, datum, dimension)

    monkeypatch.setattr("api.planoptions.drawn_in", reading)
    shapes = [{"grid_id": f"N{n}", "name": f"{n}", "geometry": block(50 * n, 0, 50 * n + 50, 50)} for n in range(8)]
    file = tmp_path / "many.gpkg"
    frame(shapes).to_file(file)
    assert run("apply", "p", "--draw", file)[0] == 0
    assert len(read) == 1


def test_split_by_a_line_and_evenly_and_merge(run: Run, workspace: Path, tmp_path: Path) -> None:
    line = lines_file(tmp_path, (250, -10), (250, 1010))
    code, said, _ = run("apply", "p", "--split", f"G1={line}", "--split-into", "G4=2", "--merge", "G2=G5")
    assert code == 0, said
    assert kinds(workspace) == ["split", "split", "merge"]
    assert "10 → " in run("diff", "p")[1] or "→ 10" in run("diff", "p")[1]


def test_rows_change(run: Run, workspace: Path) -> None:
    fields = "G2=网格长:李四;phone:0701-1"
    code, said, _ = run("apply", "p", "--rename", "G1=东片", "--restaff", fields, "--retire", "G4=G3", lang="zh")
    assert code == 0
    assert "0701" not in said
    assert kinds(workspace) == ["rename", "restaff", "retire"]
    assert (saved(workspace).operations[1].leader, saved(workspace).operations[1].phone) == ("李四", "0701-1")  # type: ignore[attr-defined]
    assert run("apply", "p", "--reparent", "G1=V2")[0] == 2


def test_the_order_is_that_of_the_list_after_the_file(run: Run, workspace: Path, tmp_path: Path) -> None:
    records = [{"kind": "rename", "grid_id": "G1", "name": "一"}]
    file = tmp_path / "ops.json"
    file.write_text(json.dumps(records), encoding="utf-8")
    assert run("apply", "p", "--rename", "G1=三", "--merge", "G1=G2", "--operations", file, "--rename", "G3=四")[0] == 0
    assert kinds(workspace) == ["rename", "merge", "rename", "rename"]
    assert [getattr(each, "name", "") for each in saved(workspace).operations] == ["一", "", "三", "四"]
    assert list(OPTIONS)[:3] == ["hand", "hand-units", "split"]


def test_all_or_nothing_with_the_reason_and_the_place(run: Run, workspace: Path, tmp_path: Path) -> None:
    where = tmp_path / "where.geojson"
    code, said, error = run("apply", "p", "--rename", "G1=x", "--merge", "G2=G3", "--place", where)
    assert code == 2
    assert said == ""
    assert re.search(r"--merge G2=G3: 500,000 m² lie outside V1 .* Place: 117\.0\d+, 28\.\d+ \(longitude, latitude\)", error)
    assert saved(workspace).operations == ()
    (place,) = gpd.read_file(where).to_crs(4548).geometry
    assert shapely.symmetric_difference(place, block(1000, 0, 1500, 1000)).area < 10
    code, _, error = run(
        "apply", "p", "--hand", f"G1={polygon_file(tmp_path, block(600, 0, 650, 99))}", "--lock", "G2", lang="zh"
    )
    assert code == 2
    assert "G2" in error
    assert "位置：" in error


def test_locks_hold_until_unlocked(run: Run, workspace: Path) -> None:
    assert "locked: G2" in run("apply", "p", "--lock", "G2")[1]
    assert run("apply", "p", "--rename", "G2=x")[0] == 2
    assert run("apply", "p", "--unlock", "G2", "--rename", "G2=x")[0] == 0
    assert saved(workspace).locked == frozenset()
    assert run("apply", "p", "--lock", "G9")[2].startswith("Error  there are no grids G9")


def test_barriers_of_the_workspace_refuse(run: Run, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    river = [{"name": "河", "kind": "river", "geometry": street((500, -10), (500, 1010))}]
    barriers = write_town(tmp_path, {"barriers": frame(river)})["barriers"]
    assert main(["import", str(workspace), "--barriers", str(barriers), "--who", "L", "--reason", "r"]) == 0
    assert run("new", "q")[0] == 0
    code, _, error = run("apply", "q", "--hand", f"G1={polygon_file(tmp_path, block(500, 0, 550, 1000))}")
    assert code == 2
    assert "Place: " in error
    capsys.readouterr()


def test_land_of_nobody_is_said_and_not_adopted(run: Run, tmp_path: Path) -> None:
    code, said, _ = run("apply", "p", "--hand", f"={polygon_file(tmp_path, block(0, 0, 100, 100))}")
    assert code == 0
    assert "the plan is incomplete: 10,000 m² belong to no grid yet" in said
    code, _, error = run("adopt", "p", *ACT)
    assert code == 2
    assert "10,000 m² belong to no grid yet" in error


# Shown, undone


def test_show_undo_redo_drop(run: Run, workspace: Path) -> None:
    assert ["p", saved(workspace).plan_id, "open", "6", "0", "0"] in cells(run("show")[1])
    assert "No operations." in run("show", "p")[1]
    run("apply", "p", "--merge", "G1=G2", "--rename", "G1=a", "--rename", "G3=b")
    assert "rename G3 to 'b' (undone)" in run("undo", "p", "--steps", 2)[1]
    assert kinds(workspace) == ["merge"]
    assert re.search(r"1 +合并 +G2 并入 G1 +50\.00 +G2 → G1", run("redo", "p", "--steps", 2, lang="zh")[1])
    assert kinds(workspace) == ["merge", "rename", "rename"]
    assert run("redo", "p")[0] == 2
    assert run("undo", "p", "--steps", 9)[0] == 2
    assert "given up" in run("drop", "p")[1]
    assert cells(run("show")[1])[-1][2] == "given up"
    assert run("apply", "p", "--rename", "G1=c")[0] == 2


# Compared


def test_diff_writes_public_counts_and_private_rows(run: Run, tmp_path: Path) -> None:
    run("apply", "p", "--hand-units", "G1=U3")
    code, said, _ = run("diff", "p", "--out", tmp_path / "d")
    assert code == 0
    assert "10 households change grid (30 people)" in said
    folder = tmp_path / "d"
    assert json.loads((folder / "change.json").read_text(encoding="utf-8"))["format"] == "geogrid-change-sheet"
    assert stat.S_IMODE((folder / "private" / "movers.csv").stat().st_mode) == 0o600
    public, private = ((folder / name).read_text(encoding="utf-8") for name in ("swipe.html", "private/swipe.html"))
    assert '"office":false' in public
    assert '"office":true' in private
    assert "OpenStreetMap" not in (folder / "change.json").read_text(encoding="utf-8")
    for text in (public, private, (folder / "change.json").read_text(encoding="utf-8")):
        assert not re.search(r"\bH\d{3}\b", text)
    assert stat.S_IMODE((folder / "private" / "swipe.html").stat().st_mode) == 0o600


def test_diff_of_two_versions(run: Run) -> None:
    assert "nothing changes" in run("diff", "--versions", "2,6")[1].lower() or run("diff", "--versions", "2,6")[0] == 0
    assert run("diff")[0] == 2
    assert run("diff", "p", "--versions", "1,2")[0] == 2
    assert two_versions("3，7") == (3, 7)


# Adopted


def test_adoption_prints_and_writes_its_sheet(run: Run, workspace: Path, tmp_path: Path) -> None:
    run("apply", "p", "--split-units", "G2=U4", "--rename", "G1=<b>东</b>")
    out = tmp_path / "out"
    code, said, _ = run("adopt", "p", *ACT, "--effective", "2026-12-01", "--out", out)
    assert code == 0
    with open_workspace(workspace) as opened:
        head = opened.head
    assert (head.kind, head.who, head.reason, head.approval, str(head.effective)) == (
        "adopt",
        "Li",
        "even out",
        "No. 1",
        "2026-12-01",
    )
    assert head.hash in said
    assert "version 7  plan adopted  with effect from 2026-12-01" in said
    sheet = (out / "adoption-7.html").read_text(encoding="utf-8")
    for part in (
        head.hash,
        "2026-12-01",
        "No. 1",
        "拆分 G2，新网格 G5",
        "split G2; new: G5",
        "没有 HMAC",
        "With effect from",
        "生效日期",
    ):
        assert part in sheet
    assert "<b>东" not in sheet
    assert "<script" not in sheet
    assert not re.search(r"\bH\d{3}\b", sheet)
    assert (out / "swipe.html").is_file()
    assert saved(workspace).plan_id
    assert run("adopt", "p", *ACT)[0] == 2


def test_adopting_needs_who_and_why_and_a_change(run: Run) -> None:
    assert "say --reason" in run("adopt", "p", "--who", "Li")[2]
    assert "changes no grid" in run("adopt", "p", *ACT)[2]


def test_new_defects_have_to_be_accepted(run: Run, tmp_path: Path) -> None:
    """G1 gets an island inside G2: one grid in two parts is for a person to accept where it is a defect."""
    run("apply", "p", "--hand", f"G1={polygon_file(tmp_path, block(700, 400, 705, 405))}")
    code, _, error = run("adopt", "p", *ACT, lang="zh")
    assert code == 2
    assert "stray_part" in error
    assert run("adopt", "p", *ACT, "--accept", "stray_part")[0] == 0


# Rebased


def test_rebase_of_what_still_holds(run: Run, workspace: Path) -> None:
    assert "the newest, already" in run("rebase", "p")[1]
    run("apply", "p", "--rename", "G4=d")
    assert run("new", "q")[0] == 0
    run("apply", "q", "--rename", "G1=a")
    assert run("adopt", "q", *ACT)[0] == 0
    assert "newest version first (geogrid plan rebase)" in run("adopt", "p", *ACT)[2]
    assert "newest version before adopting" in run("show", "p")[1]
    assert "* the workspace is at version 7" in run("show")[1]
    code, said, _ = run("rebase", "p")
    assert code == 0
    assert "from version 6 to 7, with 1 operations" in said
    assert saved(workspace).base_version == 7
    assert run("adopt", "p", *ACT)[0] == 0


def test_conflicts_are_shown_as_geometries_and_decided(run: Run, workspace: Path, tmp_path: Path) -> None:
    run("apply", "p", "--hand", f"G1={polygon_file(tmp_path, block(500, 0, 600, 1000))}", "--rename", "G4=d")
    run("new", "q")
    run("apply", "q", "--split-units", "G2=U3")
    assert run("adopt", "q", *ACT)[0] == 0
    code, said, _ = run("rebase", "p", "--out", tmp_path / "c.geojson")
    assert code == 3
    assert "changed hands in the new base" in said
    assert "nothing was saved" in said
    assert saved(workspace).base_version == 6
    (place,) = gpd.read_file(tmp_path / "c.geojson").to_crs(4548).geometry
    assert place.area == pytest.approx(100_000, rel=1e-4)
    assert "there are 2" in run("rebase", "p", "--keep", "3")[2]
    assert run("rebase", "p", "--keep", "1")[0] == 0
    assert saved(workspace).base_version == 7
    assert len(saved(workspace).operations) == 2


def test_conflicts_can_be_left_out(run: Run, workspace: Path) -> None:
    run("apply", "p", "--hand-units", "G1=U3", "--rename", "G4=d")
    run("new", "q")
    run("apply", "q", "--split-units", "G2=U3")
    run("adopt", "q", *ACT)
    assert run("rebase", "p", "--leave-out", lang="zh")[0] == 0
    assert kinds(workspace) == ["rename"]


# Files


def test_plan_files_go_round(run: Run, workspace: Path, tmp_path: Path) -> None:
    run("apply", "p", "--hand-units", "G1=U3", "--restaff", "G2=phone:1", "--lock", "G4")
    file = tmp_path / "plan.json"
    assert run("export", "p", "--out", file)[0] == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("new", "copy", "--from", file)[0] == 0
    one, other = saved(workspace), saved(workspace, "copy")
    assert [each.digest for each in one.operations] == [each.digest for each in other.operations]
    assert other.locked == {"G4"}
    assert run("import", "again", "--from", file, "--lock", "G3")[0] == 0
    assert saved(workspace, "again").locked == {"G3", "G4"}


@pytest.mark.parametrize("name", ["p.geojson", "p.gpkg", "p.shp", "p.kml", "p.fgb", "p.parquet"])
def test_polygons_go_round(run: Run, workspace: Path, tmp_path: Path, name: str) -> None:
    run("apply", "p", "--hand-units", "G1=U3")
    file = tmp_path / name
    assert run("export", "p", "--out", file)[0] == 0
    code, said, _ = run("new", "copy", "--from", file)
    assert code == 0
    assert "10 households change grid" in said
    with open_workspace(workspace) as opened:
        drawn = draw(opened, saved(workspace, "copy")).boundaries
    assert drawn.grids["G1"].shape.area == pytest.approx(750_000, rel=1e-3)


def test_what_a_file_wants_and_may_not_have_is_told(run: Run, tmp_path: Path) -> None:
    grids = office_town()["grids"]
    grids.loc[1, "geometry"] = block(500, 0, 1200, 1000)
    grids.loc[2, "geometry"] = block(1200, 0, 1500, 1000)
    file = write_town(tmp_path, {"grids": grids})["grids"]
    code, said, _ = run("new", "q", "--from", file, "--place", tmp_path / "refused.geojson")
    assert code == 0
    assert "Not taken over" in said
    assert len(gpd.read_file(tmp_path / "refused.geojson")) >= 1


# Errors


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["new"], "缺少 NAME", "missing: NAME"),
        (["new", "p"], "已有名为“p”的方案", "is called 'p' already"),
        (["new", " "], "方案要有名称", "a plan needs a name"),
        (["new", "q", "--lock", "G9"], "没有网格 G9", "no grids G9"),
        (["new", "q", "--from", "none.json"], "没有文件 none.json", "no file none.json"),
        (["new", "q", "--from", "bad.json"], "这不是方案文件", "this is no plan"),
        (["new", "q", "--from", "none.gpkg"], "none.gpkg", "none.gpkg"),
        (["import", "q"], "缺少 --from", "missing: --from"),
        (["apply", "nope", "--rename", "G1=x"], "没有方案“nope”；现有：p", "no plan 'nope'; there are: p"),
        (["apply", "p"], "没有要做的操作", "nothing to do"),
        (["apply", "p", "--hand", "G1"], "--hand G1 看不懂", "--hand G1 is not understood"),
        (["apply", "p", "--hand", "G1=none.gpkg"], "none.gpkg", "none.gpkg"),
        (["apply", "p", "--hand", "G1=line.gpkg"], "line.gpkg 应只含面", "line.gpkg should hold polygons"),
        (["apply", "p", "--split", "G1=land.gpkg"], "land.gpkg 应只含线", "land.gpkg should hold lines"),
        (["apply", "p", "--split-into", "G1=1"], "2 以上的整数", "a whole number from 2 up"),
        (["apply", "p", "--split-into", "G9=2"], "没有网格 G9", "no grids G9"),
        (["apply", "p", "--hand-units", "G1=U9"], "没有单元 U9", "no unit U9"),
        (["apply", "p", "--border", "G1=line.gpkg"], "--border G1=line.gpkg 看不懂", "is not understood"),
        (["apply", "p", "--restaff", "G1=shoe:9"], "字段可用 leader", "fields are leader"),
        (["apply", "p", "--restaff", "G1=leader:\x1b[2J"], "不能用", "cannot be"),
        (["apply", "p", "--retire", "G9"], "--retire G9：没有网格“G9”", "--retire G9: there is no grid 'G9'"),
        (["apply", "p", "--operations", "land.gpkg"], "不是操作文件", "holds no operations"),
        (["apply", "p", "--operations", "bad.json"], "不是操作文件", "holds no operations"),
        (
            ["apply", "p", "--operations", "list.json"],
            "第 1 项操作：没有操作“dance”",
            "operation 1: there is no operation 'dance'",
        ),
        (["apply", "p", "--rename", "G1=x", "--place", "p.csv"], "应为 .geojson", "should be a .geojson"),
        (["undo", "p"], "不能撤回或重做 1 步", "cannot undo or redo 1 steps"),
        (["undo", "p", "--steps", "0"], "整数", "whole number"),
        (["show", "nope"], "没有方案“nope”", "no plan 'nope'"),
        (["diff"], "二者取一", "one of both"),
        (["diff", "--versions", "1"], "应为两版", "expected two versions"),
        (["diff", "--versions", "a,b"], "整数", "whole numbers"),
        (["diff", "--versions", "2,99"], "没有第 99 版", "no version 99"),
        (["diff", "p", "--out", "bad.json"], "是一个文件", "is a file"),
        (["rebase", "p", "--keep", "x"], "--keep x 应为", "--keep x: expected"),
        (["export", "p", "--out", "p.doc"], "不能写成扩展名", "is not written as"),
        (["dance"], "没有命令 dance：可用 new", "there is no command 'dance': choose new"),
    ],
)
def test_errors(
    arguments: list[str], zh: str, en: str, workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = workspace.parent
    monkeypatch.chdir(folder)
    lines_file(folder, (0, 0), (9, 9))
    polygon_file(folder, block(0, 0, 9, 9))
    (folder / "bad.json").write_text("{}", encoding="utf-8")
    (folder / "list.json").write_text('[{"kind": "dance"}]', encoding="utf-8")
    before = set(folder.iterdir())
    command, *rest = arguments
    for lang, says in (("zh", zh), ("en", en)):
        assert main(["plan", command, str(workspace), *rest, "--lang", lang]) == 2
        printed = capsys.readouterr()
        assert says in printed.err
        assert "\x1b" not in printed.err
        assert printed.out == ""
        assert "Traceback" not in printed.err
    assert set(folder.iterdir()) == before


def test_what_stands_after_options() -> None:
    assert pair("hand", "=a.gpkg", needs="last") == ("", "a.gpkg")
    assert pair("retire", "G1=G2", needs="first") == ("G1", "G2")
    assert staff_fields("leader:") == {"leader": ""}
    for text in ("leader:a;leader:b", "leader", ";", "网格长:a;leader:b"):
        with pytest.raises(InputError, match="is not understood"):
            staff_fields(text)
    with pytest.raises(InputError, match="is not understood"):
        pair("retire", "G1=", needs="first")


def test_the_group_without_a_command_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == 2
    assert "geogrid plan 命令 --help" in capsys.readouterr().out


@pytest.mark.parametrize("width", ["80", "120"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_fit_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, width: str, lang: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    shown = [run("apply", "p", "--split-units", "G2=U4", "--rename", "G1=东片第一个很长很长很长的网格名称", lang=lang)[1]]
    shown += [run(*command, lang=lang)[1] for command in (("show",), ("show", "p"), ("diff", "p"), ("adopt", "p", *ACT))]
    assert max(cell_len(line) for text in shown for line in text.splitlines()) <= int(width)
