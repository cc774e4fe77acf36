"""What the commands on plans do: drawn up, carried on, undone, rebased, written to files."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd

from api import days, told, toldplans
from api.convert import ready, rejected_beside
from api.keeping import opened, write_frame
from api.working import at_work
from geogrid import io
from geogrid.crs import to_wgs84
from geogrid.errors import InputError, NotFoundError, RefusedError
from geogrid.inputs import require_rows
from geogrid.late import Later
from geogrid.plans import Plan
from geogrid.replacing import PRIVATE_FILE, replacing
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from api.keeping import Place
    from api.keepingland import write_layer
    from api.planoptions import Drawing, drawn_rows, wishes_of
    from api.terminal import Terminal
    from geogrid.changesheet import ChangeSheet
    from geogrid.office import draw, plan_named, sheet_of_plan
    from geogrid.officeplans import carried_on, place_of, plan_of_file, plan_of_json, rebase_in, require_grids
    from geogrid.store import Workspace
else:
    write_layer = Later("api.keepingland", "write_layer")
    Drawing, drawn_rows, wishes_of = (Later("api.planoptions", name) for name in ("Drawing", "drawn_rows", "wishes_of"))
    draw, plan_named, sheet_of_plan = (Later("geogrid.office", name) for name in ("draw", "plan_named", "sheet_of_plan"))
    carried_on, place_of, plan_of_file, plan_of_json, rebase_in, require_grids = (
        Later("geogrid.officeplans", name)
        for name in ("carried_on", "place_of", "plan_of_file", "plan_of_json", "rebase_in", "require_grids")
    )

JSON = frozenset({".json"})
LARGEST_FILE = 200_000_000
DEGREES = 6


class Source(NamedTuple):
    """Where a plan is taken from: a file and its datum, what is locked, and where refused land is written."""

    file: Path | None = None
    locked: Sequence[str] = ()
    datum: str = "wgs84"
    place: Path | None = None


class Wished(NamedTuple):
    """What ``plan apply`` is to do."""

    operations: Path | None
    given: Mapping[str, Sequence[str]]
    lock: Sequence[str] = ()
    unlock: Sequence[str] = ()
    datum: str = "wgs84"


@contextmanager
def showing(workspace: Workspace, place: Path | None) -> Iterator[None]:
    """Say where an operation was refused, in degrees, and write the place to a file where one is given."""
    try:
        yield
    except RefusedError as error:
        shape = place_of(error)
        if shape is None:
            raise
        layer = gpd.GeoDataFrame(
            {"reason_zh": [error.message.zh], "reason_en": [error.message.en]}, geometry=[shape], crs=workspace.crs
        )
        inner = to_wgs84(gpd.GeoDataFrame(geometry=[shape.representative_point()], crs=workspace.crs)).geometry.iloc[0]
        if place is not None:
            write_layer(layer, place)
        at = f"{inner.x:.{DEGREES}f}, {inner.y:.{DEGREES}f}"
        said = error.message
        raise RefusedError(
            Text(f"{said.zh} 位置：{at}（经度, 纬度）", f"{said.en} Place: {at} (longitude, latitude)"), shape
        ) from error


# Drawn up


def new(terminal: Terminal, place: Place, name: str, source: Source, *, who: str = "") -> None:
    """Begin a plan, of a file where one is given."""
    problems: Any = None
    notes: list[Text] = []
    if source.place is not None:
        _ready_json(source.place)
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        with clock.step("read"), showing(workspace, source.place):
            plan, problems, notes = _begun(workspace, name, source)
        with clock.step("think"):
            require_grids(workspace.boundaries(version=plan.base_version), source.locked)
            drawn, sheet = sheet_of_plan(workspace, plan)
            saved = workspace.save_plan(plan, who=who)
            notes += days.built_on(workspace.in_force())
        if problems is not None and len(problems) and source.place is not None:
            write_layer(problems, source.place)
    parts = [toldplans.heading(saved, terminal.lang), *_shown(saved, drawn, sheet, terminal)]
    parts += [toldplans.problems(problems, terminal.lang)] if problems is not None and len(problems) else []
    terminal.out.print(told.spaced([*parts, *told.notes(terminal.lang, notes)]))


def _begun(workspace: Workspace, name: str, source: Source) -> tuple[Plan, Any, list[Text]]:
    """Return a new plan, what of its file was refused, and what to know."""
    head = workspace.head.version
    if source.file is None:
        return Plan(name, head).lock(*source.locked), None, []
    if source.file.suffix.casefold() in JSON:
        plan, _ = plan_of_json(workspace, name, _read(source.file))
        behind = [_BEHIND.fill(base=plan.base_version, head=head)] if plan.base_version != head else []
        return plan.lock(*source.locked), None, behind
    read = io.read_grids(source.file, profile=workspace.profile, datum=source.datum)
    require_rows(read, "grids")
    taken = plan_of_file(workspace, name, read.table, locked=source.locked)
    return taken.plan, taken.problems, rejected_beside(read, workspace.path)


def _read(file: Path) -> bytes:
    if not file.is_file():
        raise NotFoundError(_NO_FILE.fill(file=file.name))
    if file.stat().st_size > LARGEST_FILE:
        raise InputError(_TOO_LARGE.fill(file=file.name))
    return file.read_bytes()


def _shown(plan: Plan, drawn: Any, sheet: ChangeSheet, terminal: Terminal) -> list[Any]:
    """Return what a plan amounts to: the summary of its change sheet, the sheet's notes, and those of its drawing."""
    if not plan.operations:
        return []
    return [toldplans.summary(sheet.summary, terminal.lang), *told.notes(terminal.lang, toldplans.notes(drawn, sheet))]


def apply(terminal: Terminal, place: Place, name: str, wished: Wished, *, where: Path | None, who: str = "") -> None:
    """Do operations in a plan, all of them or none."""
    if where is not None:
        _ready_json(where)
    if not (wished.operations or any(wished.given.values()) or wished.lock or wished.unlock):
        raise InputError(_NOTHING_WISHED)
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        plan = plan_named(workspace, name)
        had = len(plan.operations)
        with clock.step("read"):
            drawing = Drawing(workspace, plan.base_version, wished.datum)
            given = {**wished.given, "draw": [row for file in wished.given.get("draw", ()) for row in drawn_rows(drawing, file)]}
            wishes = wishes_of(drawing, wished.operations, given)
        with clock.step("think"), showing(workspace, where):
            plan, _ = carried_on(workspace, plan.unlock(*wished.unlock).lock(*wished.lock), wishes)
            drawn, sheet = sheet_of_plan(workspace, plan)
        saved = workspace.save_plan(plan, who=who)
    parts = [toldplans.heading(saved, terminal.lang), toldplans.operations(saved, drawn, terminal.lang, since=had)]
    terminal.out.print(told.spaced([*parts, *_shown(saved, drawn, sheet, terminal)]))


def turn(terminal: Terminal, place: Place, name: str, steps: int, *, back: bool) -> None:
    """Undo or redo operations."""
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        plan = plan_named(workspace, name)
        turned = plan.undo(steps) if back else plan.redo(steps)
        with clock.step("think"):
            drawn, sheet = sheet_of_plan(workspace, turned)
        saved = workspace.save_plan(turned)
    parts = [toldplans.heading(saved, terminal.lang), toldplans.operations(saved, drawn, terminal.lang)]
    terminal.out.print(told.spaced([*parts, *_shown(saved, drawn, sheet, terminal)]))


def drop(terminal: Terminal, place: Place, name: str) -> None:
    """Give a plan up."""
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        plan = plan_named(workspace, name)
        workspace.drop_plan(plan.plan_id)
    terminal.say(Text("已放弃方案“{name}”。", "plan {name!r} is given up.").fill(name=plan.name))


def show(terminal: Terminal, place: Place, name: str | None) -> None:
    """List the plans, or the operations of one."""
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        rows = workspace.plans()
        if name is None:
            parts = [toldplans.plans(rows, workspace.head.version, terminal.lang)]
        else:
            plan = plan_named(workspace, name)
            status = str(rows.set_index("plan_id").loc[plan.plan_id, "status"])
            with clock.step("think"):
                drawn = draw(workspace, plan)
            parts = [toldplans.heading(plan, terminal.lang, status=status), toldplans.operations(plan, drawn, terminal.lang)]
            parts += told.notes(terminal.lang, _behind(plan, workspace, status) + list(drawn.notes))
    terminal.out.print(told.spaced(parts))


def _behind(plan: Plan, workspace: Workspace, status: str) -> list[Text]:
    head = workspace.head.version
    return [_BEHIND.fill(base=plan.base_version, head=head)] if status == "open" and plan.base_version != head else []


# Moved on, and out


def rebase(terminal: Terminal, place: Place, name: str, *, keep_: Sequence[int], leave_out: bool, target: Path | None) -> bool:
    """Move a plan to the newest version; return whether that was done."""
    if target is not None:
        _ready_json(target)
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        plan, head = plan_named(workspace, name), workspace.head.version
        wrong = [str(n) for n in keep_ if not 0 < n <= len(plan.operations)]
        if wrong:
            raise InputError(_NO_NUMBERS.fill(numbers=", ".join(wrong), had=len(plan.operations)))
        if plan.base_version == head:
            terminal.say(_NEWEST.fill(plan=plan.name, head=head))
            return True
        with clock.step("think"):
            moved = rebase_in(workspace, plan, keep=keep_)
        done = moved.conflicts.empty or leave_out
        saved = workspace.save_plan(moved.plan) if done else plan
        if target is not None:
            write_layer(moved.conflicts, target)
    lang = terminal.lang
    parts = [toldplans.heading(saved, lang)]
    parts += [toldplans.conflicts(moved, lang)] if len(moved.conflicts) else []
    parts += told.notes(
        lang,
        [_MOVED.fill(old=plan.base_version, new=head, n=len(moved.plan.operations)) if done else _UNDECIDED, *moved.drawn.notes],
    )
    if target is not None:
        parts.append(told.files(lang, {target.name: Text("冲突的位置", "where operations clash")}, target.parent))
    terminal.out.print(told.spaced(parts))
    return done


def export(terminal: Terminal, place: Place, name: str, target: Path) -> None:
    """Write a plan as a plan file, or its grids as polygons."""
    ready(target, place.path)
    with at_work(terminal) as clock, opened(clock, place) as workspace:
        plan = plan_named(workspace, name)
        with clock.step("write"):
            if target.suffix.casefold() in JSON:
                with replacing(target, mode=PRIVATE_FILE) as part:  # it may hold phone numbers
                    part.write_bytes(plan.to_json(crs=workspace.crs))
            else:
                write_frame(_known_columns(draw(workspace, plan).boundaries.grid_frame), target)
    terminal.say(
        Text("已写入 {file}：方案“{plan}”，{n} 项操作。", "{file}: plan {plan!r}, {n} operations.").fill(
            file=target, plan=plan.name, n=len(plan.operations)
        )
    )


def _known_columns(grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return grids without the columns of which nothing is known."""
    return grids.drop(columns=[name for name in grids.columns if name != grids.geometry.name and grids[name].isna().all()])


def _ready_json(target: Path) -> None:
    if target.suffix.casefold() not in {".geojson", ".json"}:
        raise InputError(_NO_LAYER.fill(file=target.name))
    ready(target)


_BEHIND = Text(
    "方案基于第 {base} 版，工作区已是第 {head} 版；采纳前请先移到最新版上（geogrid plan rebase）。",
    "the plan rests on version {base}, the workspace is at version {head}; move it to the newest version before adopting "
    "(geogrid plan rebase).",
)
_NO_FILE = Text("没有文件 {file}；请检查路径。", "there is no file {file}; check the path.")
_TOO_LARGE = Text("{file} 太大，不是方案文件。", "{file} is too large for a plan file.")
_NOTHING_WISHED = Text(
    "没有要做的操作：请给出 --hand、--split、--merge 等，见 geogrid plan apply --help。",
    "nothing to do: give --hand, --split, --merge or others, see `geogrid plan apply --help`.",
)
_NO_NUMBERS = Text("方案没有编号为 {numbers} 的操作；共 {had} 项。", "the plan has no operations {numbers}; there are {had}.")
_NEWEST = Text("方案“{plan}”已基于最新的第 {head} 版，不必再移。", "plan {plan!r} rests on version {head}, the newest, already.")
_MOVED = Text(
    "方案已从第 {old} 版移到第 {new} 版，{n} 项操作。", "the plan was moved from version {old} to {new}, with {n} operations."
)
_UNDECIDED = Text(
    "有冲突，什么也没有存：用 --keep 编号 保留（能做的）操作，用 --leave-out 不要其余有冲突的，或重新画。",
    "operations clash and nothing was saved: keep some with --keep N (where they can be done), go on without the others with "
    "--leave-out, or draw them again.",
)
_NO_LAYER = Text("{file} 应为 .geojson；请改扩展名。", "{file} should be a .geojson; change its extension.")
