"""Every answer of JSON that the description of the service shows: asked of a service of the paper town, and cut short.

``python -m tests.described`` writes them to api/static/examples.json, for the addresses whose routes give no example themselves.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi import FastAPI

from api.uploads import RAW
from tests.importing import csv, homes
from tests.service import Office, office
from tests.working import done_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE = Path(__file__).resolve().parent.parent / "api" / "static" / "examples.json"
MOST_VALUES = 6
"""Of a list of numbers or words; of a list of anything larger the first one is shown."""
LONGEST = 120
OF_KIND = ("asked", "result", "detail")
"""Members that differ by the kind of a job, or of an action."""
LARGEST = 1500
"""Characters of one member; larger ones are left out."""
HOUSEHOLD = re.compile(r'"H(\d{3})"')


class Told(NamedTuple):
    """What one request was answered with."""

    status: int
    media_type: str
    body: Any


class Run:
    """An office at work, by its description: what each address answered, by method and path."""

    def __init__(self, made: Office) -> None:
        self.office = made
        self.paths: Mapping[str, Any] = made.app.openapi()["paths"]
        self.told: dict[str, Told] = {}
        self.names: dict[str, str] = {
            "collection": "grids",
            "fid": "G1",
            "grid_id": "G1",
            "number": "1",
            "version": "5",
            "layer": "grids",
        }

    def ask(self, key: str, *, query: str = "", **sent: Any) -> Any:
        """Ask an address by its place in the description, as the administrator, and keep the first answer."""
        method, path = key.split(" ")
        address = path.format(**self.names) + query
        answer = self.office.ask(address, who="admin", method=method, **sent)
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        body = answer.json() if media_type.endswith("json") else None
        self.told.setdefault(key, Told(answer.status_code, media_type, body))
        return answer

    def shown(self, key: str) -> Any:
        """Return the example of an address's body."""
        method, path = key.split(" ")
        return self.paths[path][method.lower()]["requestBody"]["content"]["application/json"]["example"]

    def post(self, key: str, **changed: Any) -> Any:
        """Send an address the example of its body, with what this office calls things."""
        rests = {"If_Match": self.etag()} if "{plan_id}" in key else {}
        return self.ask(key, json=self.shown(key) | changed, **rests)

    def etag(self) -> str:
        """Return the ETag of the plan."""
        return str(self.office.ask(f"/api/v1/plans/{self.names['plan_id']}", who="admin").headers["etag"])

    def do(self, key: str, name: str, **changed: Any) -> None:
        """Ask for a job, and do it."""
        done = done_here(self.office, self.post(key, **changed).json()["job_id"])
        assert done.status == "done", done.problem
        self.names |= {name: done.job_id, "job_id": done.job_id}


def run(made: Office) -> dict[str, Told]:
    """Let an office do everything once, and return what it answered."""
    self = Run(made)
    self.do("POST /api/v1/checks", "check_id")
    self.post("POST /api/v1/publications", check=self.names["check_id"])
    _plans(self)
    self.post("POST /api/v1/what-ifs")
    self.do("POST /api/v1/exports", "export_id")
    self.post("POST /api/v1/proposals")
    self.names["proposal_id"] = self.told["POST /api/v1/proposals"].body["job_id"]
    _import(self)
    _access(self)
    digest = re.search(r"data/([0-9a-f]+)\.json", made.ask("/embed/coverage").text)
    assert digest is not None
    self.names["digest"] = digest[1]
    for path in _left(self):
        self.ask(f"GET {path}", query=QUERIES.get(path, ""))
    return self.told


QUERIES = {
    "/api/v1/explain": "?household=H001&service=medical",
    "/api/v1/staff/explain": "?household=H001&service=medical",
    "/api/v1/where": "?household=H001&on=2024-03-01",
    "/api/v1/staff/households": "?service=medical",
    "/api/v1/snippets": "?map=coverage",
    "/api/v1/collections/{collection}/items": "?limit=1",
}


def _plans(self: Run) -> None:
    self.names["plan_id"] = self.post("POST /api/v1/plans").json()["plan_id"]
    steps = ("preview", "operations", "undo", "redo", "rebase")
    for step in steps:
        self.post(f"POST /api/v1/plans/{{plan_id}}/{step}")
    for path in self.paths:
        if path.startswith("/api/v1/plans") and "get" in self.paths[path]:
            self.ask(f"GET {path}")
    self.post("POST /api/v1/plans/{plan_id}/adopt")


def _import(self: Run) -> None:
    """Send a file, and ask that it be tried; the trying itself takes a process of its own, and is left."""
    sending = self.ask("POST /api/v1/uploads", query="?name=households.csv", content=csv(homes()), Content_Type=RAW)
    assert sending.status_code == 201, sending.text
    self.names["upload_id"] = sending.json()["upload_id"]
    job = self.post("POST /api/v1/imports", tables={"households": self.names["upload_id"]})
    self.names["import_id"] = job.json()["job_id"]


def _access(self: Run) -> None:
    self.names["key_id"] = self.post("POST /api/v1/keys", areas=["V1"]).json()["key_id"]
    self.post("POST /api/v1/embed-tokens", area="V1")
    self.post("POST /api/v1/embed-keys")


def _left(self: Run) -> Iterator[str]:
    """Yield the addresses of JSON that nobody asked yet."""
    for path, operations in self.paths.items():
        types = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "json" in next(iter(types), "") and f"GET {path}" not in self.told:
            yield path


def short(value: Any, name: str = "") -> Any:
    """Return an answer cut short, still of its shape; of lists there is what suffices to see what is in them."""
    if name == "geometry" and "coordinates" in (value or {}):
        return value | {"coordinates": rounded(value["coordinates"])}
    if isinstance(value, dict):
        return {key: short(each, key) for key, each in value.items()}
    if isinstance(value, list):
        is_plain = not any(isinstance(each, dict | list) for each in value)
        return [short(each) for each in value[: MOST_VALUES if is_plain else 1]]
    return f"{value[:LONGEST]}…" if isinstance(value, str) and len(value) > LONGEST else value


def rounded(value: Any) -> Any:
    """Return coordinates to a metre or so, and of a long line its beginning and its end."""
    if not isinstance(value, list):
        return round(value, 5)
    few = value if len(value) <= MOST_VALUES else [*value[: MOST_VALUES - 1], value[-1]]
    return [rounded(each) for each in few]


def fits(example: Any, told: Any, where: str = "") -> list[str]:
    """Return where an example says something that a run does not: other keys, or values of another type."""
    if isinstance(example, dict) and isinstance(told, dict):
        is_other = any(example.get(key) != told.get(key) for key in ("kind", "action"))
        keys = [key for key in example if not (is_other and key in OF_KIND)]
        missing = [f"{where}.{key}: no such key" for key in keys if key not in told]
        return missing + [line for key in keys if key in told for line in fits(example[key], told[key], f"{where}.{key}")]
    if isinstance(example, list) and isinstance(told, list):
        return fits(example[0], told[0], f"{where}[]") if example and told else []
    return [] if None in (example, told) or kind(example) == kind(told) else [f"{where}: {example!r} is not like {told!r}"]


def kind(value: Any) -> type:
    """Return what kind of JSON value it is."""
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def write() -> None:
    """Write the examples of the addresses whose routes give none."""
    with tempfile.TemporaryDirectory() as folder:
        made = office(Path(folder), public_url="https://grid.example.cn")
        wanted = {key for key, content in contents(FastAPI.openapi(made.app)) if "example" not in content}
        made.app.openapi_schema = None  # that was the one without them
        told = {key: short(each.body) for key, each in run(made).items() if key in wanted and each.status < 300}
    content = json.dumps({key: shown(key, told[key]) for key in sorted(told)}, ensure_ascii=False, indent=1)
    FILE.write_text(HOUSEHOLD.sub(r'"HH\1"', content) + "\n", encoding="utf-8")


def shown(key: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as the description shows it: without its largest members; of itself next to nothing."""
    if "openapi" in key:
        return {"openapi": body["openapi"], "info": {}, "paths": {}}
    return {name: value for name, value in body.items() if len(json.dumps(value)) <= LARGEST}


def contents(openapi: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the description says of each answer of JSON, by method and path."""
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    yield from (
                        (f"{method.upper()} {path}", each)
                        for name, each in list(answer.get("content", {}).items())[:1]
                        if "json" in name
                    )


if __name__ == "__main__":
    write()
