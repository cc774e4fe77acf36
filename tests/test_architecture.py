"""Imports go down only: api → maps → geogrid, and inside geogrid no step knows another."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("geogrid", "maps", "api")
OWNERS = {
    "fastapi": "api",
    "starlette": "api",
    "uvicorn": "api",
    "typer": "api",
    "rich": "api",
    "folium": "maps",
    "branca": "maps",
}

LATE = {"Late", "Later", "named"}
"""What stands for a module that is imported later; see ``geogrid.late``."""

STEPS = {
    "access": set(),
    "assign": {"lattice"},
    "blindspots": {"counts", "lattice", "proximity", "squares", "suppression"},
    "borders": {"regions", "ids"},
    "capacity": set(),
    "catchments": set(),
    "closures": {"vertices"},
    "codes": {"codecheck", "codelist", "numbering", "succession"},
    "coverage": {"counts", "radius"},
    "draft": {"regions", "ids"},
    "findings": {"misses", "vertices"},
    "gaps": {"counts", "linkage", "squares"},
    "grading": set(),
    "inequality": set(),
    "isochrones": {"sampling"},
    "joining": {"vertices"},
    "levels": {"regions"},
    "matters": {"inference", "lattice", "suppression"},
    "network": {"vertices"},
    "pairs": set(),
    "privacy": {"suppression", "inference", "sidetables"},
    "reroute": set(),
    "route": set(),
    "staffing": set(),
    "topology": {"regions", "ids"},
    "travel": {"snapping"},
    "usage": set(),
    "validity": set(),
}
"""Every step and the modules that only steps share; a step imports these and the ground floor."""

COMPOSITIONS = {
    "accessibility",
    "adding",
    "atoms",
    "balance",
    "balanceasked",
    "balancefigures",
    "balanceground",
    "balancelabels",
    "balancemoves",
    "balanceplan",
    "balancetown",
    "balancewords",
    "beside",
    "board",
    "changefiles",
    "changepublic",
    "changerows",
    "changesheet",
    "changestaff",
    "changetables",
    "changewords",
    "clock",
    "completing",
    "contracting",
    "cutunits",
    "differences",
    "effects",
    "evenly",
    "explain",
    "gate",
    "gatechecks",
    "handing",
    "hierarchy",
    "inputs",
    "issued",
    "keeping",
    "labels",
    "mending",
    "mendrecord",
    "merging",
    "nesting",
    "office",
    "officefiles",
    "officeland",
    "officepart",
    "officeplans",
    "operationwords",
    "outputs",
    "people",
    "placebook",
    "placefacts",
    "placelabels",
    "placepublic",
    "placereport",
    "planfile",
    "plans",
    "publications",
    "publish",
    "reach",
    "reasons",
    "rebase",
    "redraw",
    "repair",
    "report",
    "republish",
    "rounds",
    "sandbox",
    "seasonreport",
    "seasons",
    "seating",
    "settings",
    "sharing",
    "siting",
    "sitingasked",
    "sitingcandidates",
    "sitingcurve",
    "sitinggains",
    "sitinglabels",
    "sitingleft",
    "sitingproblem",
    "sitingtown",
    "sitingwords",
    "store",
    "streets",
    "streetwork",
    "summary",
    "tiers",
    "totals",
    "town",
    "townfile",
    "turnover",
    "unmatched",
    "whatif",
    "withheld",
    "withholding",
    "workbook",
    "workspace",
    "zones",
    "zoning",
    "zoningbounds",
    "zoningexact",
    "zoningfiles",
    "zoningland",
    "zoningrule",
    "zoningsolve",
    "zoningstart",
    "zoningtables",
    "zoningwhy",
    "zoningwords",
}


def modules(layer: str) -> list[Path]:
    return sorted((ROOT / layer).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports when it runs, also late, as dotted names; imports for type checking only are left out."""
    names = set()
    for node in _running(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and LATE & {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}:
            texts = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
            names |= {text for text in texts if isinstance(text, str) and text.split(".")[0] in {*LAYERS, *OWNERS}}
    return names


def _running(tree: ast.AST) -> list[ast.AST]:
    if isinstance(tree, ast.If) and ast.unparse(tree.test) == "TYPE_CHECKING":
        return [node for child in tree.orelse for node in _running(child)]
    return [tree, *(node for child in ast.iter_child_nodes(tree) for node in _running(child))]


@pytest.mark.parametrize("path", [p for layer in LAYERS for p in modules(layer)], ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    tops = {name.split(".")[0] for name in imported(path)}
    assert not [top for top in tops & set(LAYERS) if LAYERS.index(top) > LAYERS.index(layer)]
    assert not [top for top in tops if OWNERS.get(top, layer) != layer]


@pytest.mark.parametrize("step", STEPS)
def test_steps_do_not_know_one_another(step: str) -> None:
    own = {name.split(".")[1] for name in imported(ROOT / "geogrid" / f"{step}.py") if name.startswith("geogrid.")}
    assert not own & (set(STEPS) - {step})
    assert not own & COMPOSITIONS
    shared = set().union(*STEPS.values())
    assert own & shared <= STEPS[step]


MAKERS = {
    "PublicReport": {"privacy", "publish", "outputs"},
    "with_more_withheld": {"withholding", "publications"},
    "held_back": {"publications"},
    "without_gaps": {"privacy", "beside"},
}
"""Who may make a public report, or one of another: from the exact one, from public files, beside earlier publications."""
WITHHOLDERS = {"public_coverage", "public_gaps"}
EXACT = {"geogrid.outputs.HOUSEHOLDS", "geogrid.outputs.EXACT", "geogrid.publications.exact_of"}
"""Names of a check's files with household rows and small counts, and who reads them."""


def _called(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {ast.unparse(node.func).split(".")[-1] for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("path", [p for layer in LAYERS for p in modules(layer)], ids=lambda p: str(p.relative_to(ROOT)))
def test_only_privacy_makes_public_tables(path: Path) -> None:
    """Every count that leaves the office went through `geogrid.privacy`: nobody else withholds, or makes a public report."""
    names = _called(path)
    inside = path.parent == ROOT / "geogrid"
    assert not [maker for maker, where in MAKERS.items() if maker in names and not (inside and path.stem in where)]
    if path.relative_to(ROOT).parts[0] != "geogrid":
        assert not names & WITHHOLDERS
        assert not imported(path) & EXACT
