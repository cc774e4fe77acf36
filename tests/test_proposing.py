"""The commands ``geogrid propose …`` as the README shows them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from api.cli import main
from api.proposing import PROPOSALS
from geogrid import data_dir

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def block(mark: str) -> list[list[str]]:
    """The commands after a mark of the README, each as its words without the program."""
    (lines,) = re.findall(rf"<!-- {mark} -->\n\n```sh\n(.*?)\n```", README, flags=re.DOTALL)
    said = [shlex.split(line, comments=True) for line in re.sub(r"\\\n\s*", "", lines).splitlines()]
    assert {words[0] for words in said} == {"geogrid"}
    return [words[1:] for words in said]


def test_the_commands_of_the_readme_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(data_dir())
    sample = data_dir() / "sample"
    names = ("grids.geojson", "households.csv", "facilities.csv", "roads.geojson", "areas.geojson")
    given = [word for name in names for word in (f"--{name.split('.')[0]}", str(sample / name))]
    assert main([*block("workspace")[0]]) == 0
    assert main(["check", *given, "--services", "medical", "--out", "geogrid-demo"]) == 0
    capsys.readouterr()
    for arguments in block("proposals"):
        assert main(arguments) == 0, (arguments, capsys.readouterr().err)
        assert re.findall(r"\bH\d{5}\b", capsys.readouterr().out) == []
    ran = {words[1] for words in block("proposals") if words[0] == "propose"}
    assert ran == {*PROPOSALS}
    for folder in ("even", "three", "anew", "merged", "shares", "zones", "sites", "all"):
        record = json.loads((tmp_path / folder / "private" / "proposal.json").read_text(encoding="utf-8"))
        basis = record.get("provenance", record)
        assert basis["is_reproducible"] is True, folder
        assert basis["inputs"], folder
        assert {path.name for path in (tmp_path / folder).iterdir()} == {"private"}, folder


def test_every_proposal_is_in_the_readme() -> None:
    said = README[README.index("## Proposals") : README.index("## Tables and accepted files")]
    assert [name for name in PROPOSALS if f"| `{name}` |" not in said] == []
