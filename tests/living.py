"""A service in a process of its own, for tests that kill it; its settings are its environment."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import sys, uvicorn
from api.app import create_app
uvicorn.run(create_app(), fd=int(sys.argv[1]), log_level="error", lifespan="on")
"""


@dataclass
class Living:
    """A service that can be killed and started again, at one address.

    Attributes
    ----------
    settings : mapping
        By name, as `api.settings.Settings` takes them.
    folder : Path
        For what it writes to its standard error.
    """

    settings: Mapping[str, Any]
    folder: Path
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def start(self, wait_s: float = 60.0) -> None:
        """Start it, and wait until it answers."""
        given = {f"GEOGRID_{name.upper()}": str(value) for name, value in self.settings.items()}
        fd = self.listener.fileno()
        with (self.folder / "server.err").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(fd)],
                env={**os.environ, **given, "PYTHONPATH": str(ROOT)},
                pass_fds=(fd,),
                stderr=log,
                stdout=subprocess.DEVNULL,
            )
        httpx.get(f"{self.url}/health", timeout=wait_s)

    def kill(self) -> None:
        """Kill it as a power cut would; its jobs go on."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self, job_pids: list[int]) -> None:
        """Stop it, with whatever jobs are left."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill()
        self.listener.close()
        for pid in job_pids:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


def eventually(is_so: Any, seconds: float) -> bool:
    """Wait until something is so; return whether it came to be."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
