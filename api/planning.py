"""The commands ``geogrid plan …``: thin, each calls what does the work and says what came of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import listed
from api.terminal import Terminal
from api.workspaces import (
    NOT_GOOD,
    EffectiveOption,
    KeyOption,
    LangOption,
    ReasonOption,
    WhoOption,
    WithoutKeyOption,
    WorkspaceArgument,
    day,
)
from geogrid.errors import InputError
from geogrid.late import Late
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api import keeping, keepingdecisions, keepingplans
else:
    keeping, keepingdecisions, keepingplans = map(Late, ("api.keeping", "api.keepingdecisions", "api.keepingplans"))

PlanArgument = Annotated[str, typer.Argument(metavar="PLAN")]
StepsOption = Annotated[int, typer.Option("--steps", min=1)]
LockOption = Annotated[str, typer.Option("--lock")]
PlaceOption = Annotated[Path | None, typer.Option("--place")]
DatumOption = Annotated[str, typer.Option("--datum")]


def new(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan_name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    plan_source: Annotated[Path | None, typer.Option("--from")] = None,
    lock: LockOption = "",
    from_datum: DatumOption = "wgs84",
    place: PlaceOption = None,
    who: WhoOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Begin a plan."""
    source = keepingplans.Source(plan_source, listed(lock), from_datum, place)
    keepingplans.new(Terminal.open(context.obj), keeping.Place(workspace), plan_name, source, who=who)


def import_(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan_name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    plan_source: Annotated[Path, typer.Option("--from")],
    lock: LockOption = "",
    from_datum: DatumOption = "wgs84",
    place: PlaceOption = None,
    who: WhoOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Begin a plan of a file."""
    source = keepingplans.Source(plan_source, listed(lock), from_datum, place)
    keepingplans.new(Terminal.open(context.obj), keeping.Place(workspace), plan_name, source, who=who)


def apply(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan: PlanArgument,
    *,
    lock: LockOption = "",
    unlock: Annotated[str, typer.Option("--unlock")] = "",
    operations_file: Annotated[Path | None, typer.Option("--operations")] = None,
    hand: Annotated[list[str] | None, typer.Option("--hand")] = None,
    hand_units: Annotated[list[str] | None, typer.Option("--hand-units")] = None,
    split: Annotated[list[str] | None, typer.Option("--split")] = None,
    split_units: Annotated[list[str] | None, typer.Option("--split-units")] = None,
    split_into: Annotated[list[str] | None, typer.Option("--split-into")] = None,
    merge: Annotated[list[str] | None, typer.Option("--merge")] = None,
    border: Annotated[list[str] | None, typer.Option("--border")] = None,
    draw: Annotated[list[str] | None, typer.Option("--draw")] = None,
    rename: Annotated[list[str] | None, typer.Option("--rename")] = None,
    restaff: Annotated[list[str] | None, typer.Option("--restaff")] = None,
    reparent: Annotated[list[str] | None, typer.Option("--reparent")] = None,
    retire: Annotated[list[str] | None, typer.Option("--retire")] = None,
    from_datum: DatumOption = "wgs84",
    place: PlaceOption = None,
    who: WhoOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Do operations in a plan."""
    given = {"hand": hand, "hand-units": hand_units, "split": split, "split-units": split_units, "split-into": split_into}
    given |= {"merge": merge, "border": border, "draw": draw, "rename": rename, "restaff": restaff}
    given |= {"reparent": reparent, "retire": retire}
    asked = {name: texts for name, texts in given.items() if texts}
    wished = keepingplans.Wished(operations_file, asked, listed(lock), listed(unlock), from_datum)
    keepingplans.apply(Terminal.open(context.obj), keeping.Place(workspace), plan, wished, where=place, who=who)


def show(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan: Annotated[str | None, typer.Argument(metavar="PLAN")] = None,
    *,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Show the plans, or one."""
    keepingplans.show(Terminal.open(context.obj), keeping.Place(workspace), plan)


def undo(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan: PlanArgument,
    *,
    steps: StepsOption = 1,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Undo operations."""
    keepingplans.turn(Terminal.open(context.obj), keeping.Place(workspace), plan, steps, back=True)


def redo(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan: PlanArgument,
    *,
    steps: StepsOption = 1,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Redo operations."""
    keepingplans.turn(Terminal.open(context.obj), keeping.Place(workspace), plan, steps, back=False)


def drop(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan: PlanArgument,
    *,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Give a plan up."""
    keepingplans.drop(Terminal.open(context.obj), keeping.Place(workspace), plan)


def diff(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan: Annotated[str | None, typer.Argument(metavar="PLAN")] = None,
    *,
    versions: Annotated[str | None, typer.Option("--versions")] = None,
    report_folder: Annotated[Path | None, typer.Option("--out")] = None,
    full: Annotated[bool, typer.Option("--full")] = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Compare a plan or two versions."""
    both = None if versions is None else two_versions(versions)
    keepingdecisions.diff(Terminal.open(context.obj), keeping.Place(workspace), plan, both, folder=report_folder, full=full)


def adopt(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan: PlanArgument,
    *,
    who: WhoOption = "",
    reason: ReasonOption = "",
    approval: Annotated[str, typer.Option("--approval")] = "",
    effective: EffectiveOption = None,
    accept: Annotated[str, typer.Option("--accept")] = "",
    report_folder: Annotated[Path | None, typer.Option("--out")] = None,
    key: KeyOption = None,
    without_key: WithoutKeyOption = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Make a plan the record."""
    said = keeping.Said(who, reason, day(effective, "effective"), approval)
    place = keeping.Place(workspace, key, without_key)
    keepingdecisions.adopt(Terminal.open(context.obj), place, plan, said=said, accept=listed(accept), folder=report_folder)


def rebase(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan: PlanArgument,
    *,
    keep: Annotated[str, typer.Option("--keep")] = "",
    leave_out: Annotated[bool, typer.Option("--leave-out")] = False,
    conflicts_file: Annotated[Path | None, typer.Option("--out")] = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Move a plan to the newest version."""
    terminal, numbers = Terminal.open(context.obj), whole_numbers(keep, "keep")
    place = keeping.Place(workspace)
    if not keepingplans.rebase(terminal, place, plan, keep_=numbers, leave_out=leave_out, target=conflicts_file):
        raise typer.Exit(NOT_GOOD)


def export(
    context: typer.Context,
    workspace: WorkspaceArgument,
    plan: PlanArgument,
    *,
    export_file: Annotated[Path, typer.Option("--out")],
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Write a plan to a file."""
    keepingplans.export(Terminal.open(context.obj), keeping.Place(workspace), plan, export_file)


def whole_numbers(text: str, option: str) -> list[int]:
    """Return numbers written with commas.

    Raises
    ------
    InputError
        When one is none.

    Examples
    --------
    >>> whole_numbers("1，3", "keep")
    [1, 3]
    """
    parts = listed(text)
    if not all(re.fullmatch("[0-9]{1,9}", part) for part in parts):
        said = Text("--{option} {text} 应为以逗号隔开的整数，如 1,3", "--{option} {text}: expected whole numbers, such as 1,3")
        raise InputError(said.fill(option=option, text=text))
    return [int(part) for part in parts]


def two_versions(text: str) -> tuple[int, int]:
    """Return the two versions that are to be compared.

    Raises
    ------
    InputError
        When there are not two of them.
    """
    numbers = whole_numbers(text, "versions")
    if len(numbers) != 2:  # noqa: PLR2004 - the one before, the one after
        said = Text("--versions {text} 应为两版，如 3,7", "--versions {text}: expected two versions, such as 3,7")
        raise InputError(said.fill(text=text))
    return numbers[0], numbers[1]


PLANNING: Mapping[str, Callable[..., None]] = {
    "new": new,
    "apply": apply,
    "show": show,
    "undo": undo,
    "redo": redo,
    "drop": drop,
    "diff": diff,
    "adopt": adopt,
    "rebase": rebase,
    "export": export,
    "import": import_,
}
"""Every command on plans by its name."""
