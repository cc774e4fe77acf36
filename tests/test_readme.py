"""The README is run: its Python block, its commands and options, its settings and its addresses."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

import geogrid
from api.app import create_app
from api.cli import main
from api.places import PUBLIC_URL
from api.settings import Settings
from geogrid.inputs import PLACE_TABLES
from geogrid.keyfile import make_key
from geogrid.profile import profile_names
from tests.builders import paper_town
from tests.service import office
from tests.workspaces import town_workspace

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_the_python_block_says_what_it_prints() -> None:
    (block,) = blocks("python")
    test = doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", 0)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


def test_the_profile_that_is_shown_loads_and_says_what_the_text_says(tmp_path: Path) -> None:
    (block,) = blocks("toml")
    (tmp_path / "mytown.toml").write_text(block, encoding="utf-8")
    profile = geogrid.load_profile(tmp_path / "mytown.toml")
    assert {key: (rule.of, rule.measure, rule.is_judged) for key, rule in profile.standards.items()} == {
        "station": ("facilities", "floor_area", True),
        "size": ("grid", "households", False),
    }


def test_every_place_and_table_of_places_is_documented() -> None:
    assert not [name for name in profile_names() if name != "generic" and f"| `{name}` " not in README]
    assert not [table for table in PLACE_TABLES if f"`--{table.replace('_', '-')}`" not in README]
    assert f"`{PUBLIC_URL}`" in README


def test_every_address_is_documented(tmp_path: Path) -> None:
    geogrid.check(**paper_town()).write(tmp_path)
    paths = create_app(Settings(folder=tmp_path)).openapi()["paths"]
    assert "/health" in paths
    assert not [path for path in paths if f"`{path}`" not in README]


@pytest.mark.parametrize("mark", ["main-job", "tests"])
def test_the_two_commands_are_one_line_each(mark: str) -> None:
    """CI runs these very lines; see ``.ci/run``."""
    (line,) = re.findall(rf"<!-- {mark} -->\n\n```sh\n(.*)\n```", README)
    assert line.startswith("python3 -m venv .venv && ")


def test_pictures_exist() -> None:
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert pictures
    assert not [name for name in pictures if not (Path(__file__).resolve().parent.parent / name).is_file()]


# The service


def test_the_commands_on_the_service_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (lines,) = re.findall(r"<!-- service -->\n\n```sh\n(.*?)\n```", README, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    town_workspace(Path("office.gpkg"), key=make_key(Path("office.key"))).close()
    geogrid.check(**paper_town()).write("geogrid-demo")
    *commands, serving = [shlex.split(line, comments=True) for line in lines.splitlines()]
    for program, *arguments in commands:
        assert program == "geogrid"
        assert main(["V1" if each == "A01" else each for each in arguments]) == 0, capsys.readouterr().err
    assert (tmp_path / "portal" / "index.html").is_file()
    assert serving[:3] == ["geogrid", "serve", "office.gpkg"]
    told = capsys.readouterr().out
    assert re.search(r"^gg_[\w-]+$", told, flags=re.MULTILINE)
    assert not re.search(r"\bH\d{3}\b", told)


def test_every_address_of_an_office_is_documented(tmp_path: Path) -> None:
    paths = office(tmp_path, publish=False).app.openapi()["paths"]
    assert "/api/v1/plans" in paths
    assert [path for path in paths if f"`{path}`" not in README] == []


def default_shown(name: str) -> str:
    """Return a setting's default as the README writes it."""
    field = Settings.model_fields[name]
    value = field.get_default(call_default_factory=True)
    if value in (None, (), {}, ""):
        return ""
    if name.endswith("_bytes") and name != "filter_bytes":
        return f"`{value // 2**30} GiB`" if value % 2**30 == 0 else f"`{value // 2**20} MiB`"
    if isinstance(value, tuple):
        return f"`{' '.join(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else str(value).removesuffix('.0')}`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default_and_in_both_languages(name: str) -> None:
    (row,) = re.findall(rf"^\| `GEOGRID_{name.upper()}` \| (.*?) ?\| (.*) \|$", README, flags=re.MULTILINE)
    field = Settings.model_fields[name]
    assert row[0].strip() == default_shown(name)
    assert row[1] == f"{field.description} {field.json_schema_extra['x-zh']}"  # type: ignore[index]
