"""The README is run: its Python block, its commands and options, its settings and its addresses."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import geogrid
from api.app import create_app
from api.places import PUBLIC_URL
from api.settings import Settings
from geogrid.inputs import PLACE_TABLES
from geogrid.profile import profile_names
from tests.builders import paper_town

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


def test_every_setting_is_documented() -> None:
    assert not [name for name in Settings.model_fields if f"`GEOGRID_{name.upper()}`" not in README]


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
