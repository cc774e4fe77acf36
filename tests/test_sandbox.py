"""Strangers' files are read apart: the same tables come back, and the process that reads them can do nothing else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pandas.testing import assert_frame_equal

from geogrid.bringing import read_files
from geogrid.errors import InputError
from geogrid.plain import as_json
from geogrid.profile import data_dir, load_profile
from geogrid.results import REJECTED_COLUMNS, ReadResult, Source
from geogrid.sandbox import handover, reading
from geogrid.sandbox.child import BROKE_OFF
from geogrid.sandbox.confine import Confined, Limits
from geogrid.sandbox.places import places_in
from geogrid.sandbox.reading import ParseError, ReadingFaultError, protection, read_apart
from geogrid.sandbox.work import read_into
from geogrid.words import Text
from tests.confined import confined

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = data_dir() / "sample"
GENERIC = load_profile("generic")
needs_kernel = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own means are Linux's")


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of given files, and one to write to."""
    for name in ("given", "out"):
        (tmp_path / name).mkdir()
    return tmp_path / "given", tmp_path / "out"


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A server on this machine that notes who connects."""
    seen: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    seen.append(server.accept()[1])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], seen
        over.set()
        thread.join()


def test_what_is_read_apart_is_what_is_read_here(tmp_path: Path) -> None:
    """The oracle is the reader in this process, on tables with seasons, lists, extra columns, rejected rows and no shape."""
    homes = (SAMPLE / "households.csv").read_text("utf-8").splitlines()
    (tmp_path / "homes.csv").write_text("\n".join([*homes[:500], "HX,nobody,,,,,,,", homes[5]]), "utf-8")
    (tmp_path / "staff.csv").write_text("staff_id,name,role,of_kind,of_id\nS1,张三,leader,grid,G1\n", "utf-8")
    files = {name: SAMPLE / f"{name}.geojson" for name in ("grids", "roads", "units")}
    files |= {"facilities": SAMPLE / "facilities.csv", "households": tmp_path / "homes.csv", "staff": tmp_path / "staff.csv"}
    apart, here = read_apart(files, profile=GENERIC, beside=tmp_path).read, read_files(files, profile=GENERIC)
    assert list(apart) == list(here)
    for table, expected in here.items():
        got = apart[table]
        assert_frame_equal(got.table.drop(columns="geometry"), pd.DataFrame(expected.table.drop(columns="geometry")))
        assert shapely.equals_identical(got.table.geometry.to_numpy(), expected.table.geometry.to_numpy()).sum() == len(
            expected.table.geometry.dropna()
        )
        assert got.table.crs == expected.table.crs
        assert_frame_equal(got.rejected.drop(columns="file"), expected.rejected.drop(columns="file"))
        assert vars(got.source) | {"name": ""} == vars(expected.source) | {"name": ""}
    assert len(here["households"].rejected) == 4
    assert not list(tmp_path.glob(".geogrid*"))


def test_why_a_file_cannot_be_used_comes_back_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text('{"type": "FeatureCollection", "features": []}', "utf-8")
    with pytest.raises(InputError) as caught:
        read_apart({"grids": tmp_path / "a.geojson"}, profile=GENERIC, beside=tmp_path)
    assert caught.value.message == Text(
        "grids.geojson 是空的：没有任何数据行；请检查导出。", "grids.geojson is empty: it has no data row; check the export."
    )


ATTEMPTS = """
    import ctypes, errno, os, socket, subprocess
    C = ctypes.CDLL(None, use_errno=True)

    def tried(call):
        try:
            call()
        except OSError as error:
            return type(error).__name__
        return "done"

    def called(name, *arguments):
        ctypes.set_errno(0)
        answer = getattr(C, name)(*arguments)
        return errno.errorcode.get(ctypes.get_errno(), "") if answer == -1 else "done"

    secret = asked["given"].rpartition("/")[0] + "/secret"
    said["python"] = {
        "socket": tried(socket.socket), "process": tried(lambda: subprocess.run(["true"])), "fork": tried(os.fork),
        "connect": tried(lambda: socket.create_connection(("127.0.0.1", 9))),
        "read": tried(lambda: open(secret)), "passwd": tried(lambda: open("/etc/passwd")),
        "parent": tried(lambda: open(f"/proc/{os.getppid()}/environ")), "folder": tried(lambda: os.listdir("/")),
        "write": tried(lambda: open(secret, "w")), "write_given": tried(lambda: open(GIVEN / "a.csv", "a")),
        "delete_given": tried(lambda: os.unlink(GIVEN / "a.csv")), "write_program": tried(lambda: open(os.__file__, "a")),
        "link": tried(lambda: os.link(GIVEN / "a.csv", OUT / "b")), "kill": tried(lambda: os.kill(os.getppid(), 0)),
        "read_given": tried(lambda: open(GIVEN / "a.csv").read()), "write_out": tried(lambda: open(OUT / "c", "w").write("x")),
    }
    said["library"] = {
        "socket": called("socket", 2, 1, 0), "unix": called("socket", 1, 1, 0),
        "pair": called("socketpair", 1, 1, 0, (ctypes.c_int * 2)()),
        "fork": called("fork"), "execve": called("execve", b"/bin/true", None, None), "kill": called("kill", os.getppid(), 0),
        "unshare": called("unshare", 0x10000000), "ptrace": called("ptrace", 16, os.getppid(), 0, 0),
        "uring": called("syscall", 425, 8, ctypes.create_string_buffer(200)), "open": called("open", secret.encode(), 0),
    }
    import threading
    threading.Thread(target=lambda: said.update(thread=True)).start()
    said["interfaces"] = sorted(os.listdir("/sys/class/net")) if tried(lambda: os.listdir("/sys/class/net")) == "done" else []
    said["environment"] = sorted(os.environ)
"""


@needs_kernel
def test_a_process_that_gave_everything_up_reaches_nothing(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither through Python nor through the C library, which is what a driver taken over would use."""
    given, out = folders
    (given / "a.csv").write_text("x", "utf-8")
    (given.parent / "secret").write_text("canary", "utf-8")
    monkeypatch.setenv("GEOGRID_STAFF_TOKEN", "canary")
    code, said = confined(ATTEMPTS, given, out)
    assert code == 0
    assert {said["held"]["files"], said["held"]["calls"]} == {"landlock", "seccomp"}
    allowed = {name: how for name, how in said["python"].items() if how == "done"}
    assert allowed == {"read_given": "done", "write_out": "done"}
    assert {name: how for name, how in said["library"].items() if how not in ("EPERM", "EACCES")} == {}
    assert said["thread"] is True
    assert not [name for name in said["environment"] if name.startswith("GEOGRID")]
    assert (given / "a.csv").read_text("utf-8") == "x"


@needs_kernel
def test_python_itself_refuses_where_the_kernel_could_not(folders: tuple[Path, Path]) -> None:
    code, said = confined(
        """
        import socket
        try:
            socket.socket()
        except OSError as error:
            said["refused"] = str(error)
        """,
        *folders,
    )
    assert (code, said["refused"]) == (0, "socket.__new__")


@needs_kernel
@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("bytearray(1 << 31)", 1),
        ("(OUT / 'big').write_bytes(b'x'); import os; os.truncate(OUT / 'big', 1 << 31)", 1),
        ("[open('/dev/null') for _ in range(300)]", 1),
        ("while True: pass", -signal.SIGXCPU),
    ],
    ids=["memory", "file", "files", "computing"],
)
def test_memory_files_and_computing_have_limits(folders: tuple[Path, Path], code: str, how: int) -> None:
    ended, said = confined(code, *folders, limits=Limits(0.5, 512))
    assert (ended in (how, -signal.SIGKILL, -signal.SIGXFSZ), said) == (True, {})


@needs_kernel
def test_gdal_has_two_drivers_and_opens_nothing_else(folders: tuple[Path, Path], listener: tuple[int, list[object]]) -> None:
    """Threat 9, with the checks before GDAL left out: even asked directly it knows no VRT, no GeoJSON, no network."""
    given, out = folders
    port, seen = listener
    secret = given.parent / "secret.csv"
    secret.write_text("canary\n1\n", "utf-8")
    vrt = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    (given / "a.vrt").write_text(vrt.format(secret), "utf-8")
    (given / "b.geojson").write_text(vrt.format(f"/vsicurl/http://127.0.0.1:{port}/a.geojson"), "utf-8")
    frame = gpd.GeoDataFrame({"x": [1]}, geometry=[shapely.Point(117, 28)], crs=4326)
    frame.to_file(given / "c.fgb")
    frame.to_file(given / "d.shp")
    code, said = confined(
        """
        import os, pyogrio
        said["drivers"] = sorted(pyogrio.list_drivers())
        here = "127.0.0.1:%s"
        urls = [f"/vsicurl/http://{here}/a.fgb", f"WFS:http://{here}/", f"http://{here}/a.fgb", "PG:host=127.0.0.1 port=%s"]
        paths = [str(path) for path in sorted(GIVEN.iterdir()) if path.suffix not in (".shx", ".dbf", ".prj", ".cpg")]
        for path in [*paths, *(url % os.environ["PORT"] for url in urls)]:
            try:
                said[os.path.basename(path)] = len(pyogrio.read_dataframe(path))
            except Exception as error:
                said[os.path.basename(path)] = type(error).__name__
        """.replace('os.environ["PORT"]', str(port)),
        given,
        out,
    )
    assert (code, said.pop("drivers")) == (0, ["ESRI Shapefile", "FlatGeobuf"])
    assert {name: how for name, how in said.items() if isinstance(how, int)} == {"c.fgb": 1, "d.shp": 1}
    time.sleep(0.1)
    assert seen == []
    assert {"ESRI Shapefile", "FlatGeobuf", "OGR_VRT", "WFS"} <= set(pyogrio.list_drivers())


def test_a_fault_of_ours_is_not_put_on_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what the process says only kinds and places are kept."""
    tell = reading._tell
    monkeypatch.setattr(reading, "_tell", lambda process, told: tell(process, {**told, "profile": {"canary": "canary"}}))
    with pytest.raises(ReadingFaultError) as caught:
        read_apart({"grids": SAMPLE / "grids.geojson"}, profile=GENERIC, beside=tmp_path)
    assert any("sandbox/work.py:" in place for place in caught.value.places)
    assert caught.value.places[-1].endswith("ValidationError")
    assert "canary" not in f"{caught.value} {caught.value.places}"


@pytest.mark.parametrize("ended", [BROKE_OFF, -signal.SIGSEGV])
def test_a_library_that_fails_at_a_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: int) -> None:
    monkeypatch.setattr(reading, "_wait", lambda *_given: ended)
    with pytest.raises(ParseError, match=r"households.csv: reading it broke off") as caught:
        read_apart({"households": SAMPLE / "households.csv"}, profile=GENERIC, beside=tmp_path)
    assert isinstance(caught.value.__cause__, ReadingFaultError)


def test_which_of_both_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_files: object, **_options: object) -> None:
        raise ZeroDivisionError('canary\n  File "canary", line 1, in canary\ncanaryError')

    asked: dict[str, Any] = {"files": {"grids": "grids.csv"}, "units": [], "profile": as_json(GENERIC)}
    monkeypatch.setattr("geogrid.sandbox.work.pyogrio.list_drivers", dict)
    monkeypatch.setattr("geogrid.sandbox.work.read_files", fail)
    assert not read_into(tmp_path, given=tmp_path, asked=asked, confined=Confined())
    heard = places_in(BytesIO(capsys.readouterr().err.encode()))
    assert heard[-2:] == ("ZeroDivisionError", "canaryError")
    assert not [place for place in heard if 'canary"' in place or place.startswith("  canary")]
    monkeypatch.setattr("geogrid.sandbox.work.read_files", lambda *_files, **_options: {})
    assert read_into(tmp_path, given=tmp_path, asked=asked, confined=Confined())
    assert not places_in(BytesIO(capsys.readouterr().err.encode()))


def test_what_holds_is_said(tmp_path: Path) -> None:
    held = protection(tmp_path)
    assert held.is_whole == bool(held.files and held.calls)
    assert held.network in ("namespace", "calls", "python")
    assert not Confined("python").is_whole


# Killed


def _children() -> list[int]:
    text = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text("ascii")
    return [int(each) for each in text.split()]


@needs_kernel
def test_a_file_that_takes_too_long_is_given_up_and_nothing_runs_on(tmp_path: Path) -> None:
    found: list[int] = []
    start = time.monotonic()
    with pytest.raises(ParseError, match=r"households.csv: not read after 0.3 seconds"):
        read_apart(
            {"households": SAMPLE / "households.csv"},
            profile=GENERIC,
            beside=tmp_path,
            limits=Limits(0.3, 2048),
            beat=lambda: found.extend(_children()),
        )
    assert time.monotonic() - start < 5
    assert found
    assert not [pid for pid in found if Path(f"/proc/{pid}").exists()]
    assert not list(tmp_path.iterdir())


@needs_kernel
def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"memory|broke off"):
        read_apart({"grids": SAMPLE / "grids.geojson"}, profile=GENERIC, beside=tmp_path, limits=Limits(60, 256))


def test_who_waits_can_end_the_reading(tmp_path: Path) -> None:
    found: list[int] = []

    def beat() -> None:
        found.extend(_children())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_apart({"grids": SAMPLE / "grids.geojson"}, profile=GENERIC, beside=tmp_path, beat=beat)
    assert not [pid for pid in found if Path(f"/proc/{pid}").exists()]


@needs_kernel
def test_the_process_ends_with_who_started_it(folders: tuple[Path, Path]) -> None:
    given, out = folders
    code = "import os, time; (OUT / 'pid').write_text(str(os.getpid())); time.sleep(60)"
    script = "from pathlib import Path; from tests.confined import confined\n"
    script += f"confined({code!r}, Path({str(given)!r}), Path({str(out)!r}))"
    root = str(Path(__file__).resolve().parent.parent)
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=root, env={**os.environ, "PYTHONPATH": root})
    until = time.monotonic() + 30
    while not ((out / "pid").exists() and (out / "pid").read_text("ascii")) and time.monotonic() < until:
        time.sleep(0.05)
    child = Path("/proc", (out / "pid").read_text("ascii"))
    assert child.exists()
    parent.kill()
    parent.wait()
    until = time.monotonic() + 5
    while child.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not child.exists()


# What comes back is looked at


def _given_back(folder: Path, table: str = "households") -> None:
    """Write what an honest process would."""
    frame = gpd.GeoDataFrame(
        {"household_id": ["H1"], "persons": [3], "source_line": [2]}, geometry=[shapely.Point(117, 28)], crs=4326
    )
    frame = (
        frame
        if table == "households"
        else frame.rename(columns={"household_id": "facility_id"}).assign(name="A", services=[("x",)])
    )
    rejected = pd.DataFrame(columns=list(REJECTED_COLUMNS))
    source = Source("a.csv", "0" * 64, "csv", "utf-8", "EPSG:4326", 1)
    tables = handover.give({table: ReadResult(frame, rejected, source)}, folder)
    (folder / handover.SAID).write_text(handover.Said(confined=["", "", ""], tables=tables).model_dump_json(), "utf-8")


def _taken(folder: Path) -> dict[str, ReadResult]:
    return handover.take(folder, handover.said_in(folder, "a.csv"), GENERIC)


def _rewrite(path: Path, change: Any, **options: Any) -> None:
    pq.write_table(change(pq.read_table(path)), path, **{"compression": "NONE", "use_dictionary": False, **options})


def test_an_honest_answer_is_taken(tmp_path: Path) -> None:
    _given_back(tmp_path, "facilities")
    assert _taken(tmp_path)["facilities"].table.loc[0, ["facility_id", "services"]].tolist() == ["H1", ("x",)]


POINT, BOX = shapely.to_wkb(shapely.Point(117, 28)), shapely.to_wkb(shapely.box(1, 1, 2, 2))
SHAPE = pa.binary()


def _with_shape(shape: bytes) -> Any:
    return lambda table: table.set_column(table.schema.get_field_index("geometry"), "geometry", pa.array([shape], SHAPE))


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (lambda table: table, {"compression": "zstd"}),
        (lambda table: table, {"use_dictionary": True}),
        (lambda table: table.append_column("phone", pa.array(["138"])), {}),
        (lambda table: table.append_column("unit_id", pa.array([[["deep"]]])), {}),
        (lambda table: table.append_column("unit_id", pa.array([b"\x80\x04."])), {}),
        (lambda table: table.drop_columns(["geometry"]), {}),
        (_with_shape(BOX), {}),
        (_with_shape(b"\x01\x01"), {}),
        (_with_shape(shapely.to_wkb(shapely.Point(1e300, 28))), {}),
        (_with_shape(shapely.to_wkb(shapely.Point(float("nan"), 28))), {}),
        (_with_shape(shapely.to_wkb(shapely.Point(117, float("inf")))), {}),
    ],
    ids=["packed", "once_for_many", "private", "lists", "bytes", "no_shape", "polygon", "cut", "far", "nan", "infinite"],
)
def test_answers_that_no_honest_process_gives_are_refused(tmp_path: Path, change: Any, options: dict[str, Any]) -> None:
    _given_back(tmp_path)
    assert len(_taken(tmp_path)["households"].table) == 1
    _rewrite(tmp_path / "households.parquet", change, **options)
    with pytest.raises(InputError, match=r"a.csv: what was read of it is not as it should be"):
        _taken(tmp_path)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{" * 100_000,
        b'{"confined": [], "tables": {}, "more": 1}',
        b'{"confined": [], "tables": {"households": {"name": 3}}}',
        b'{"confined": [' + b" " * handover.MOST_SAID + b"]}",
    ],
)
def test_words_that_no_honest_process_says_are_refused(tmp_path: Path, said: bytes) -> None:
    (tmp_path / handover.SAID).write_bytes(said)
    with pytest.raises(InputError, match="not as it should be"):
        handover.said_in(tmp_path, "a.csv")


@pytest.mark.parametrize("name", ["said.json", "households.parquet"])
@pytest.mark.parametrize("make", [lambda path: path.symlink_to(path.with_name("other")), os.mkfifo])
def test_links_and_pipes_in_the_place_of_files_are_refused(tmp_path: Path, name: str, make: Any) -> None:
    """A pipe would be waited at for ever, a link show another file."""
    _given_back(tmp_path)
    (tmp_path / name).rename(tmp_path / "other")
    make(tmp_path / name)
    with pytest.raises(InputError, match="not as it should be"):
        _taken(tmp_path)
