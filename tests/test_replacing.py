"""Folders that hold households for a moment: their owner's alone, and swept away where the process was killed."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from geogrid.replacing import PASSING, passing_folder, sweep

HOLDS = """
import sys, time
from pathlib import Path
from geogrid.replacing import passing_folder
with passing_folder(Path(sys.argv[1])) as folder:
    (folder / "households").write_text("H1")
    print(folder, flush=True)
    time.sleep(60)
"""


def holder(beside: Path) -> tuple[subprocess.Popen[str], Path]:
    """Start a process that holds a passing folder; return it and the folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(beside)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_passing_folder_is_private_and_goes_even_when_the_work_fails(tmp_path: Path) -> None:
    def work() -> None:
        with passing_folder(tmp_path) as folder:
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            (folder / "a").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_process_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path: Path, how: signal.Signals) -> None:
    (killed, left), (living, held) = holder(tmp_path), holder(tmp_path)
    killed.send_signal(how)
    killed.wait()
    assert (left / "households").exists()
    sweep(tmp_path)
    assert (left.exists(), held.exists()) == (False, True)
    living.kill()
    living.wait()
    for process in (killed, living):
        assert process.stdout is not None
        process.stdout.close()


def test_nothing_else_is_swept(tmp_path: Path) -> None:
    """Files, links, folders of other names, and empty ones, which somebody may just have made."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "a").touch()
    (tmp_path / f"{PASSING}file").touch()
    (tmp_path / f"{PASSING}link").symlink_to(other)
    (tmp_path / f"{PASSING}new").mkdir()
    before = set(tmp_path.iterdir())
    sweep(tmp_path)
    assert (set(tmp_path.iterdir()), (other / "a").exists()) == (before, True)
    sweep(tmp_path / "missing")
