"""What ``plan diff`` and ``plan adopt`` do: versions compared, a plan made the record, and the files of both."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from api import days, told, toldplans, toldwork
from api.keeping import opened, unsigned
from api.keepingplans import showing
from api.working import at_work, keep, prepare_folder, write_open
from geogrid.changefiles import write_change_sheet
from geogrid.changepublic import public_sheet
from geogrid.errors import InputError
from geogrid.office import adopt as adopted
from geogrid.office import plan_named, sheet_of_plan, sheet_of_versions
from geogrid.operationwords import described
from geogrid.publish import are_of_osm, streets_of
from geogrid.words import Text
from maps.adoption import Decision, adoption_page
from maps.swipe import Around, swipe_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from api.keeping import Place, Said
    from api.terminal import Terminal
    from geogrid.changesheet import ChangeSheet
    from geogrid.office import Adopted
    from geogrid.plans import Plan
    from geogrid.store import Workspace


# Compared


def diff(
    terminal: Terminal, place: Place, name: str | None, versions: tuple[int, int] | None, *, folder: Path | None, full: bool
) -> None:
    """Show the change sheet of a plan or of two versions, and write it."""
    if (name is None) == (versions is None):
        raise InputError(_ONE_OF_BOTH)
    if folder is not None:
        prepare_folder(folder, [place.path])
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        with clock.step("think"):
            if versions is None:
                drawn, sheet = sheet_of_plan(workspace, plan_named(workspace, str(name)), full=full)
                notes = toldplans.notes(drawn, sheet)
            else:
                sheet = sheet_of_versions(workspace, *versions, full=full)
                notes = list(sheet.notes)
        if folder is not None:
            with clock.step("write"):
                write_comparison(workspace, sheet, folder, terminal)
    compared = (
        Text(f"方案“{name}”", f"Plan {name!r}")
        if versions is None
        else Text(f"第 {versions[0]} 版与第 {versions[1]} 版", f"Version {versions[0]} and version {versions[1]}")
    )
    parts = [
        told.title(terminal.lang, compared),
        toldplans.summary(sheet.summary, terminal.lang),
        *toldplans.grids(sheet, terminal.lang),
    ]
    parts += told.notes(terminal.lang, notes)
    parts += [told.files(terminal.lang, DIFF_FILES, folder)] if folder is not None else []
    terminal.out.print(told.spaced(parts))


def write_comparison(workspace: Workspace, sheet: ChangeSheet, folder: Path, terminal: Terminal) -> None:
    """Write a change sheet's tables and swipe maps: what may be published, and the exact ones in private."""
    write_change_sheet(sheet, workspace.profile, folder, lang=terminal.lang)
    public, around = public_sheet(sheet, workspace.profile), _around(workspace)
    sides = sheet.before.boundaries, sheet.after.boundaries
    for target, of in ((folder, public), (None, sheet)):
        text = swipe_page(*sides, of, around=around, lang=terminal.lang)
        save = partial(_save, text)
        if target is None:
            keep(folder, "swipe.html", save)
        else:
            write_open(target / "swipe.html", save)


def _save(text: str, part: Path) -> None:
    part.write_text(text, encoding="utf-8")


def _around(workspace: Workspace) -> Around:
    """Return what a swipe map shows beside the grids: place, streets, names of services."""
    roads = workspace.read("roads")
    name, services = workspace.name, {key: service.name for key, service in workspace.profile.services.items()}
    streets = streets_of(roads) if len(roads) else None
    return Around(Text(name, name) if name else None, streets, are_of_osm(roads), services)


DIFF_FILES = {
    "change.json": Text("变更单，可公开", "change sheet, fit to publish"),
    "change.csv": Text("各网格变更，可公开", "change by grid, fit to publish"),
    "swipe.html": Text("卷帘地图，可公开", "swipe map, fit to publish"),
    "private/change.xlsx": Text("准确数字和换网格的住户", "exact counts, and who changes grid"),
    "private/movers.csv": Text("换网格的住户", "who changes grid"),
    "private/swipe.html": Text("卷帘地图，准确数字", "swipe map with exact counts"),
}


# Decided


def adopt(terminal: Terminal, place: Place, name: str, *, said: Said, accept: Sequence[str], folder: Path | None) -> None:
    """Make a plan the record, and print its adoption sheet."""
    act = said.act()
    if folder is not None:
        prepare_folder(folder, [place.path])
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        plan, signed = plan_named(workspace, name), bool(workspace.head.hmac)
        with clock.step("think"), showing(workspace, None):
            done = adopted(workspace, plan, act=act, accept=accept)
        decision, held = _decision(workspace, plan, done), workspace.in_force()
        written: dict[str, Text] = {}
        if folder is not None:
            with clock.step("write"):
                write_comparison(workspace, done.sheet, folder, terminal)
                written = {
                    f"adoption-{decision.version}.html": Text("采纳单，可打印签字", "adoption sheet, to print and sign")
                } | DIFF_FILES
                text = adoption_page(decision, public_sheet(done.sheet, workspace.profile), lang=terminal.lang)
                write_open(folder / f"adoption-{decision.version}.html", partial(_save, text))
    lang = terminal.lang
    parts = [toldplans.decided(decision, lang), toldplans.summary(done.sheet.summary, lang), *toldplans.grids(done.sheet, lang)]
    said_too = [*unsigned(done.version, signed=signed), *days.ahead(done.version, held)]
    parts += told.notes(lang, [*done.drawn.notes, *done.sheet.notes, *said_too])
    parts += [toldwork.version(done.version, lang), *([told.files(lang, written, folder)] if written else [])]
    terminal.out.print(told.spaced(parts))


def _decision(workspace: Workspace, plan: Plan, done: Adopted) -> Decision:
    version = done.version
    said = {"who": version.who, "reason": version.reason, "approval": version.approval}
    return Decision(
        workspace=workspace.name,
        plan=plan.name,
        version=version.version,
        effective=version.effective,
        recorded_at=version.recorded_at,
        **said,
        operations=[described(each) for each in plan.operations],
        head_hash=version.hash,
        is_signed=bool(version.hmac),
        codes=done.codes,
        time_zone=workspace.profile.time_zone,
    )


_ONE_OF_BOTH = Text(
    "请给出方案，或用 --versions A,B 给出两版，二者取一。", "give a plan, or two versions with --versions A,B: one of both."
)
