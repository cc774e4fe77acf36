"""A service of an office for tests: the paper town in a workspace, checked and published, with a key for every role."""

from __future__ import annotations

import asyncio
import atexit
import datetime as dt
import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from api.app import create_app
from api.holdings import PUBLISHED, data_folder
from api.keys import create_key
from api.settings import Settings
from api.state import State
from geogrid.publications import add
from geogrid.report import check
from geogrid.store import open_workspace
from tests.workspaces import TABLES, town_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI

    from geogrid.store import Workspace

FILE = "office.gpkg"
PEOPLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "viewer": ("viewer", ()),
    "planner": ("planner", ()),
    "admin": ("admin", ()),
    "viewer_v1": ("viewer", ("V1",)),
    "planner_v1": ("planner", ("V1",)),
    "planner_v2": ("planner", ("V2",)),
}
"""Role and areas of those who have a key; the paper town's villages V1 (grids G1, G2) and V2 (G3, G4) stand for townships."""

EFFECTIVE = dt.date(2024, 2, 1)


@dataclass(frozen=True, eq=False)
class Office:
    """A service of a workspace in which version 5 is published, and the keys of `PEOPLE`."""

    app: FastAPI
    settings: Settings
    keys: Mapping[str, str]

    @property
    def path(self) -> Path:
        """Return where the workspace lies."""
        assert self.settings.workspace is not None
        return self.settings.workspace

    def again(self, **settings: Any) -> Office:
        """Return a service of the same workspace with other settings, which has counted nobody yet."""
        wanted = Settings(**(self.settings.model_dump(exclude_unset=True) | settings))
        return Office(create_app(wanted), wanted, self.keys)

    def ask(
        self, path: str, *, who: str = "", method: str = "GET", json: Any = None, content: Any = None, **headers: str
    ) -> httpx.Response:
        """Send one request as one of `PEOPLE`, or as nobody; ``If_Match`` stands for the header If-Match."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if who:
            given["Authorization"] = f"Bearer {self.keys[who]}"

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
                return await client.request(method, path, headers=given, json=json, content=content)

        return asyncio.run(send())


def office(folder: Path, *, publish: bool = True, **settings: Any) -> Office:
    """Make the paper town's workspace in a folder, publish it, make keys, and the service."""
    made, keys = _made(publish=publish)
    shutil.copytree(made, folder, dirs_exist_ok=True)
    wanted = Settings(workspace=folder / FILE, **settings)
    return Office(create_app(wanted), wanted, keys)


@cache
def _made(*, publish: bool) -> tuple[Path, dict[str, str]]:
    """Make what an office's folder holds, once a process, for it takes seconds; return the folder, and everybody's key."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    town_workspace(folder / FILE).close()
    with closing(State.open(data_folder(Settings(workspace=folder / FILE)))) as state:
        if publish:
            with open_workspace(folder / FILE) as opened:
                checked(opened, folder / "check")
            add(state.folder / PUBLISHED, folder / "check", version=5, effective=EFFECTIVE)
        return folder, {
            name: create_key(state, name=name, role=role, areas=areas)[1]  # type: ignore[arg-type]
            for name, (role, areas) in PEOPLE.items()
        }


def checked(workspace: Workspace, folder: Path, version: int | None = None) -> None:
    """Check a version of a workspace into a folder."""
    tables = {table: workspace.read(table, version=version) for table in TABLES}
    check(**tables, profile=workspace.profile, datum="wgs84", services=["medical"]).write(folder)
