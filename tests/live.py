"""A service in a process of its own, for clients that speak HTTP themselves: some hold the interpreter while they wait."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

import uvicorn

from api.app import create_app
from api.jobs import listening
from api.serving import server_config
from api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
STARTED_S = 60.0


@contextmanager
def live(*, folder: Path | None = None, workspace: Path | None = None, **more: str) -> Iterator[str]:
    """Serve a check's folder or a workspace; gives the address, which its links have too. ``more`` are settings."""
    with served(folder=folder, workspace=workspace, **more) as (address, _):
        yield address


@contextmanager
def served(
    *, folder: Path | None = None, workspace: Path | None = None, **more: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve as `live` does; gives the process too."""
    with closing(listening("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        given = {"GEOGRID_WORKSPACE" if workspace else "GEOGRID_FOLDER": str(workspace or folder), "GEOGRID_PORT": str(port)}
        given |= {f"GEOGRID_{name.upper()}": value for name, value in more.items()}
        command = [sys.executable, "-m", "tests.live", str(listener.fileno())]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **given}, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api/v1")
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.terminate()
            process.wait(20)


def wait_for(address: str) -> None:
    """Return when something answers at an address."""
    until = time.monotonic() + STARTED_S
    while True:
        try:
            urllib.request.urlopen(address, timeout=STARTED_S).close()  # noqa: S310 -- our own
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def main() -> None:
    """Serve what the environment names on the socket whose number is given."""
    import socket  # noqa: PLC0415 -- only in the other process

    settings = Settings()
    uvicorn.Server(server_config(create_app(settings), settings)).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
