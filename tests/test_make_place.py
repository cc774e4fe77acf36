"""The maker of the examples: the same seed makes the same files, and what it is asked for must be there."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from tests.made_places import PLACES, RECIPES, main, make_place, spread


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, seed in (("one", "7"), ("two", "7"), ("three", "8")):
        assert main(["beidaihe", "--out", str(tmp_path / folder), "--seed", seed]) == 0
    assert "households.csv" in capsys.readouterr().out
    one, two, three = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()} for folder in ("one", "two", "three")
    )
    assert one == two
    assert one["households.csv"] != three["households.csv"]
    note = one["README.txt"].decode()
    assert "这个地方是虚构的" in note
    assert "镇、村、网格的名称是编造的" in note
    assert "This place does not exist" in note
    assert "towns, villages and grids are invented" in note


def test_every_place_has_a_recipe() -> None:
    assert tuple(RECIPES) == PLACES


def test_an_unknown_place_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there is no recipe for 'nowhere'; known: funing, changli"):
        make_place("nowhere")


@pytest.mark.parametrize(
    ("total", "weights", "least", "expected"),
    [(10, [1, 1, 3], 1, [2, 2, 6]), (3, [9, 1, 1], 1, [1, 1, 1]), (7, [1.0, 1.0], 0, [4, 3]), (5, [0.1, 100.0], 2, [2, 3])],
)
def test_numbers_are_shared_out_whole(total: int, weights: list[float], least: int, expected: list[int]) -> None:
    assert spread(total, weights, least).tolist() == expected


def test_a_number_too_small_to_share_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cannot be shared among 3, at least 1 each"):
        spread(2, [1, 1, 1])


def _imported(node: ast.AST) -> list[str | None]:
    if isinstance(node, ast.ImportFrom):
        return [node.module]
    return [each.name for each in node.names] if isinstance(node, ast.Import) else []


def test_a_wheel_holds_every_module_of_the_maker() -> None:
    """The installed program makes examples by the script that comes along; a module left out is missed only there."""
    root = Path(__file__).parents[1]
    hatch = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]
    included = hatch["build"]["targets"]["wheel"]["force-include"]
    scripts = {Path(name).stem: root / name for name in included if name.endswith(".py")}
    beside = {path.stem for path in (root / "data").glob("*.py")}
    needed = {
        name
        for script in scripts.values()
        for node in ast.walk(ast.parse(script.read_text("utf-8")))
        for name in _imported(node)
        if name in beside
    }
    assert needed - scripts.keys() == set()
    assert "make_place" in scripts
