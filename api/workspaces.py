"""The commands on a workspace: thin, each calls what does the work and says what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import above_0, listed
from api.terminal import Terminal
from geogrid.errors import InputError
from geogrid.late import Late
from geogrid.words import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from api import keeping, keepingland, publishing
    from geogrid import officeland, settings
else:
    keeping, keepingland, publishing, officeland, settings = map(
        Late, ("api.keeping", "api.keepingland", "api.publishing", "geogrid.officeland", "geogrid.settings")
    )

NOT_GOOD = 3
"""Exit code where something is wrong with what was tested."""

WorkspaceArgument = Annotated[Path, typer.Argument(metavar="WORKSPACE")]

KeyOption = Annotated[Path | None, typer.Option("--key")]
WithoutKeyOption = Annotated[bool, typer.Option("--without-key")]
WhoOption = Annotated[str, typer.Option("--who")]
ReasonOption = Annotated[str, typer.Option("--reason")]
EffectiveOption = Annotated[str | None, typer.Option("--effective")]
OnOption = Annotated[str | None, typer.Option("--on")]
DryOption = Annotated[bool, typer.Option("--dry-run")]
LangOption = Annotated[str | None, typer.Option("--lang")]


def init(
    context: typer.Context,
    new_workspace: Annotated[Path, typer.Argument(metavar="WORKSPACE")],
    *,
    grids: Annotated[Path, typer.Option("--grids")],
    areas: Annotated[Path | None, typer.Option("--areas")] = None,
    units: Annotated[Path | None, typer.Option("--units")] = None,
    households: Annotated[Path | None, typer.Option("--households")] = None,
    facilities: Annotated[Path | None, typer.Option("--facilities")] = None,
    roads: Annotated[Path | None, typer.Option("--roads")] = None,
    buildings: Annotated[Path | None, typer.Option("--buildings")] = None,
    barriers: Annotated[Path | None, typer.Option("--barriers")] = None,
    staff_table: Annotated[Path | None, typer.Option("--staff")] = None,
    candidates: Annotated[Path | None, typer.Option("--candidates")] = None,
    closure_table: Annotated[Path | None, typer.Option("--closures")] = None,
    events: Annotated[Path | None, typer.Option("--events")] = None,
    grades: Annotated[Path | None, typer.Option("--grades")] = None,
    area_members: Annotated[Path | None, typer.Option("--area-members")] = None,
    own_crs: Annotated[str | None, typer.Option("--crs")] = None,
    profile: Annotated[str, typer.Option("--profile")] = "generic",
    own_name: Annotated[str, typer.Option("--name")] = "",
    who: WhoOption = "",
    reason: ReasonOption = "",
    effective: EffectiveOption = None,
    datum: Annotated[str, typer.Option("--datum")] = "auto",
    key: KeyOption = None,
    new_key: Annotated[Path | None, typer.Option("--new-key")] = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Make a workspace of files."""
    files = {"areas": areas, "grids": grids, "units": units, "roads": roads, "households": households, "facilities": facilities}
    files |= {"buildings": buildings, "barriers": barriers, "candidates": candidates, "closures": closure_table}
    files |= {"staff": staff_table, "events": events, "grades": grades, "area_members": area_members}
    said = keeping.Said(who, reason, day(effective, "effective"))
    options = {"datum": datum, "crs": own_crs, "new_key": new_key}
    place, setting = keeping.Place(new_workspace, key), officeland.Setting(profile, own_name)
    keeping.init(Terminal.open(context.obj), place, given(files), setting, said=said, options=options)


def import_(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    grids: Annotated[Path | None, typer.Option("--grids")] = None,
    areas: Annotated[Path | None, typer.Option("--areas")] = None,
    units: Annotated[Path | None, typer.Option("--units")] = None,
    households: Annotated[Path | None, typer.Option("--households")] = None,
    facilities: Annotated[Path | None, typer.Option("--facilities")] = None,
    roads: Annotated[Path | None, typer.Option("--roads")] = None,
    buildings: Annotated[Path | None, typer.Option("--buildings")] = None,
    barriers: Annotated[Path | None, typer.Option("--barriers")] = None,
    staff_table: Annotated[Path | None, typer.Option("--staff")] = None,
    candidates: Annotated[Path | None, typer.Option("--candidates")] = None,
    closure_table: Annotated[Path | None, typer.Option("--closures")] = None,
    events: Annotated[Path | None, typer.Option("--events")] = None,
    grades: Annotated[Path | None, typer.Option("--grades")] = None,
    area_members: Annotated[Path | None, typer.Option("--area-members")] = None,
    who: WhoOption = "",
    reason: ReasonOption = "",
    effective: EffectiveOption = None,
    datum: Annotated[str, typer.Option("--datum")] = "auto",
    part: Annotated[bool, typer.Option("--part")] = False,
    replace: Annotated[bool, typer.Option("--replace")] = False,
    dry_run: DryOption = False,
    key: KeyOption = None,
    without_key: WithoutKeyOption = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Bring files into a workspace."""
    files = {"areas": areas, "grids": grids, "units": units, "roads": roads, "households": households, "facilities": facilities}
    files |= {"buildings": buildings, "barriers": barriers, "candidates": candidates, "closures": closure_table}
    files |= {"staff": staff_table, "events": events, "grades": grades, "area_members": area_members}
    said = keeping.Said(who, reason, day(effective, "effective"))
    how = keeping.Bringing(datum, part, replace, dry_run)
    keeping.bring_in(Terminal.open(context.obj), keeping.Place(workspace, key, without_key), given(files), said=said, how=how)


def validate(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    neighbour: Annotated[Path | None, typer.Option("--neighbour")] = None,
    code_lists: Annotated[list[Path] | None, typer.Option("--codes")] = None,
    findings: Annotated[Path | None, typer.Option("--out")] = None,
    from_datum: Annotated[str, typer.Option("--datum")] = "wgs84",
    past_day: OnOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Test boundaries and codes."""
    asked = keepingland.Tested(neighbour, code_lists or (), findings, from_datum, day(past_day, "on"))
    _end(keepingland.validate(Terminal.open(context.obj), keeping.Place(workspace), asked))


def repair(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    repair_width: Annotated[str, typer.Option("--width")] = "1",
    inside: Annotated[Path | None, typer.Option("--inside")] = None,
    who: WhoOption = "",
    reason: ReasonOption = "",
    effective: EffectiveOption = None,
    dry_run: DryOption = False,
    report_folder: Annotated[Path | None, typer.Option("--out")] = None,
    key: KeyOption = None,
    without_key: WithoutKeyOption = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Mend boundaries."""
    asked = keepingland.Mending(above_0(repair_width), inside, report_folder, dry_run)
    said = keeping.Said(who, reason, day(effective, "effective"))
    keepingland.repair(Terminal.open(context.obj), keeping.Place(workspace, key, without_key), said=said, asked=asked)


def history(
    context: typer.Context,
    workspace: WorkspaceArgument,
    grid: Annotated[str | None, typer.Argument(metavar="GRID")] = None,
    *,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Show the ledger or the life of a grid."""
    keeping.history(Terminal.open(context.obj), keeping.Place(workspace), grid)


def where(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    household: Annotated[str, typer.Option("--household")],
    past_day: OnOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Say which grid a household was or is in."""
    keeping.where(Terminal.open(context.obj), keeping.Place(workspace), household, day(past_day, "on"))


def codes(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    code_lists: Annotated[list[Path] | None, typer.Option("--codes", "--list")] = None,
    number: Annotated[bool, typer.Option("--number")] = False,
    code_findings: Annotated[Path | None, typer.Option("--out")] = None,
    past_day: OnOption = None,
    who: WhoOption = "",
    reason: ReasonOption = "",
    effective: EffectiveOption = None,
    key: KeyOption = None,
    without_key: WithoutKeyOption = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Check, look up and give codes."""
    said = keeping.Said(who, reason, day(effective, "effective"))
    asked = keepingland.Coding(code_lists or (), number, code_findings, day(past_day, "on"))
    _end(keepingland.codes(Terminal.open(context.obj), keeping.Place(workspace, key, without_key), asked=asked, said=said))


def export(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    exported: Annotated[str, typer.Option("--table")],
    export_file: Annotated[Path, typer.Option("--out")],
    past_day: OnOption = None,
    past_version: Annotated[int | None, typer.Option("--version", min=0)] = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Write a table to a file."""
    terminal, when = Terminal.open(context.obj), day(past_day, "on")
    keeping.export(terminal, keeping.Place(workspace), exported, export_file, on=when, version=past_version)


def backup(
    context: typer.Context,
    workspace: WorkspaceArgument,
    copy: Annotated[Path, typer.Argument(metavar="TARGET")],
    *,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Copy a workspace in use."""
    keeping.backup(Terminal.open(context.obj), keeping.Place(workspace), copy)


def verify(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    key: KeyOption = None,
    head_hash: Annotated[str | None, typer.Option("--head")] = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Recompute the chain."""
    _end(keeping.verify(Terminal.open(context.obj), keeping.Place(workspace, key), head_hash))


def erase(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    erased: Annotated[str, typer.Option("--households")],
    who: WhoOption = "",
    reason: ReasonOption = "",
    effective: EffectiveOption = None,
    key: KeyOption = None,
    without_key: WithoutKeyOption = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Take households out for good."""
    said = keeping.Said(who, reason, day(effective, "effective"))
    keeping.erase(Terminal.open(context.obj), keeping.Place(workspace, key, without_key), erased, said=said)


def migrate(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    key: KeyOption = None,
    without_key: WithoutKeyOption = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Bring an older format up to date."""
    keeping.migrate(Terminal.open(context.obj), keeping.Place(workspace, key, without_key))


def publish(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    published_from: Annotated[str | None, typer.Option("--effective")] = None,
    services: Annotated[str, typer.Option("--services")] = "",
    same_people: Annotated[bool, typer.Option("--same-people")] = False,
    accept_withheld: Annotated[bool, typer.Option("--accept-withheld")] = False,
    dry_run: DryOption = False,
    key: KeyOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Check a workspace and publish the result."""
    how = publishing.Publishing(
        effective=day(published_from, "effective"),
        services=listed(services),
        same_people=same_people,
        is_trial=dry_run,
        accept_withheld=accept_withheld,
    )
    _end(publishing.publish(Terminal.open(context.obj), keeping.Place(workspace, key), how))


def given(files: Mapping[str, Path | None]) -> dict[str, Path]:
    """Return the files that were given."""
    return {table: file for table, file in files.items() if file is not None}


def day(text: str | None, option: str) -> dt.date | None:
    """Return a day as an option states it.

    Raises
    ------
    InputError
        When it is none.
    """
    try:
        return settings.day_asked(text)
    except InputError as error:
        said = Text("--{option} {text} 应为日期，如 2026-12-01", "--{option} {text}: expected a date, such as 2026-12-01")
        raise InputError(said.fill(option=option, text=text)) from error


def _end(good: bool) -> None:  # noqa: FBT001 - the only thing it is about
    if not good:
        raise typer.Exit(NOT_GOOD)


WORKSPACES: Mapping[str, Callable[..., None]] = {
    "init": init,
    "import": import_,
    "validate": validate,
    "repair": repair,
    "history": history,
    "where": where,
    "codes": codes,
    "export": export,
    "backup": backup,
    "verify": verify,
    "erase": erase,
    "migrate": migrate,
    "publish": publish,
}
"""Every command on a workspace by its name."""
