"""Plans: a named list of operations on a base version, replayed, undone, redone, taken from a file, and rebased.

A plan holds no boundaries: drawing it carries the operations out on the base, one after the other, with the same bytes each time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from geogrid.crs import label
from geogrid.differences import is_same
from geogrid.errors import GeogridError, InputError, RefusedError
from geogrid.keeping import Rules, parts_notes
from geogrid.operations import Operation, operation_of, plain_text
from geogrid.redraw import Step, apply
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproj import CRS

    from geogrid.boundaries import Boundaries

FORMAT, VERSION = "geogrid-plan", 1
MOST_OPERATIONS = 20_000
MOST_SHOWN = 60


@dataclass(frozen=True, eq=False)
class Plan:
    """A proposed redraw.

    Attributes
    ----------
    name : str
        What planners call it.
    base_version : int
        The version of the workspace that it starts from.
    operations, undone : tuple of Operation
        What was done, in order; what was undone since, the last undone last.
    locked : frozenset of str
        Grids that the plan must not touch.
    plan_id : str
        Given by the workspace; "" until it is saved.
    revision : int
        How often it was saved.
    """

    name: str
    base_version: int = 0
    operations: tuple[Operation, ...] = ()
    undone: tuple[Operation, ...] = ()
    locked: frozenset[str] = frozenset()
    plan_id: str = ""
    revision: int = 0

    def __post_init__(self) -> None:
        """Refuse a name or lock that no file could hold."""
        for text in (self.name, *self.locked):
            plain_text(text, "name")

    def do(self, *operations: Operation) -> Plan:
        """Return the plan with more operations; what was undone before is forgotten."""
        return replace(self, operations=(*self.operations, *operations), undone=())

    def undo(self, steps: int = 1) -> Plan:
        """Return the plan without its last operations, which can be redone.

        Raises
        ------
        InputError
            When there are fewer operations.

        Examples
        --------
        >>> from geogrid.operations import Rename
        >>> plan = Plan("试").do(Rename("G1", "东"), Rename("G2", "西"))
        >>> [each.grid_id for each in plan.undo().redo().operations]
        ['G1', 'G2']
        """
        if not 0 < steps <= len(self.operations):
            raise InputError(_NO_STEPS.fill(steps=steps, had=len(self.operations)))
        kept, taken = self.operations[:-steps], self.operations[-steps:]
        return replace(self, operations=kept, undone=(*self.undone, *reversed(taken)))

    def redo(self, steps: int = 1) -> Plan:
        """Return the plan with operations that were undone, the last undone first.

        Raises
        ------
        InputError
            When fewer were undone.
        """
        if not 0 < steps <= len(self.undone):
            raise InputError(_NO_STEPS.fill(steps=steps, had=len(self.undone)))
        taken = tuple(reversed(self.undone[-steps:]))
        return replace(self, operations=(*self.operations, *taken), undone=self.undone[:-steps])

    def lock(self, *grid_ids: str) -> Plan:
        """Return the plan with more grids locked."""
        return replace(self, locked=self.locked | set(grid_ids))

    def unlock(self, *grid_ids: str) -> Plan:
        """Return the plan with some grids free again."""
        return replace(self, locked=self.locked - set(grid_ids))

    def to_json(self, *, crs: CRS | None = None) -> bytes:
        """Return the plan as a file that `Plan.from_json` takes back, and the CRS of its coordinates where that is given."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "base_version": self.base_version,
            **({} if crs is None else {"crs": crs.to_string()}),
            "locked": sorted(self.locked),
            "operations": [each.to_record() for each in self.operations],
        }
        return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode()

    @classmethod
    def from_json(cls, content: bytes, *, crs: CRS | None = None) -> Self:
        """Read a plan that `to_json` wrote.

        Raises
        ------
        InputError
            When it is no plan, is in another CRS than ``crs``, or an operation cannot be read; the message says which.
        """
        try:
            record = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise InputError(_NOT_JSON) from error
        known = isinstance(record, dict) and (record.get("format"), record.get("version")) == (FORMAT, VERSION)
        if not known or not isinstance(record.get("operations"), list) or len(record["operations"]) > MOST_OPERATIONS:
            raise InputError(_NOT_JSON)
        locked = record.get("locked", [])
        sound = isinstance(locked, list) and all(isinstance(each, str) for each in locked)
        if not sound or not isinstance(record.get("name"), str) or type(record.get("base_version")) is not int:
            raise InputError(_NOT_JSON)
        if crs is not None and (theirs := record.get("crs", crs.to_string())) != crs.to_string():
            raise InputError(_OTHER_CRS.fill(theirs=str(theirs)[:MOST_SHOWN], ours=label(crs)))
        read = tuple(_numbered(number, each) for number, each in enumerate(record["operations"], 1))
        return cls(record["name"], record["base_version"], read, locked=frozenset(locked))


@dataclass(frozen=True, eq=False)
class Drawn:
    """A plan carried out: the base, what each operation did, and the boundaries that come of it."""

    base: Boundaries
    steps: tuple[Step, ...]

    @property
    def boundaries(self) -> Boundaries:
        """Return the boundaries after the last operation."""
        return self.steps[-1].boundaries if self.steps else self.base

    @property
    def changed(self) -> tuple[str, ...]:
        """Return the grids that differ from the base, that are new or gone."""
        after = self.boundaries.grids
        touched = {key for step in self.steps for key in step.changed}
        return tuple(sorted(key for key in touched if not is_same(self.base.grids.get(key), after.get(key))))

    @property
    def unassigned_m2(self) -> float:
        """Return how much land no grid has."""
        return float(sum(shape.area for shape in self.boundaries.unassigned.values()))

    @property
    def notes(self) -> tuple[Text, ...]:
        """Return what a planner should know: whether land is left to nobody, and grids in parts."""
        left = (_INCOMPLETE.fill(area=f"{self.unassigned_m2:,.0f}"),) if self.unassigned_m2 else ()
        return (*left, *parts_notes(self.base, self.boundaries, self.changed))

    def then(self, operation: Operation, rules: Rules | None = None) -> Drawn:
        """Return the drawing with one more operation."""
        step = apply(self.boundaries, operation, rules)
        if self.steps:
            # Half of what a long plan in a large town would hold.
            self.boundaries.forget()
        return Drawn(self.base, (*self.steps, step))


def draw_plan(plan: Plan, base: Boundaries, rules: Rules | None = None) -> Drawn:
    """Carry a plan out on its base.

    Parameters
    ----------
    plan : Plan
        Operations in order.
    base : Boundaries
        At ``plan.base_version``.
    rules : Rules, optional
        Barriers; grids that the plan locks are locked too.

    Returns
    -------
    Drawn
        The same bytes each time.

    Raises
    ------
    RefusedError, NotFoundError
        When an operation cannot be done; the message says which.
    """
    drawn, rules = Drawn(base, ()), rules_of(plan, rules)
    for number, operation in enumerate(plan.operations, 1):
        try:
            drawn = drawn.then(operation, rules)
        except RefusedError as error:
            raise RefusedError(_at(number, operation, error), error.place) from error
        except GeogridError as error:
            raise type(error)(_at(number, operation, error)) from error
    return drawn


def rules_of(plan: Plan, rules: Rules | None = None) -> Rules:
    """Return rules with what a plan locks."""
    rules = rules or Rules()
    return replace(rules, locked=rules.locked | plan.locked)


def _at(number: int, operation: Operation, error: GeogridError) -> Text:
    label, said = operation.called, error.message
    return Text(f"第 {number} 项操作（{label.zh}）：{said.zh}", f"operation {number} ({label.en}): {said.en}")


def _numbered(number: int, record: Mapping[str, Any]) -> Operation:
    try:
        return operation_of(record)
    except InputError as error:
        said = error.message
        raise InputError(Text(f"第 {number} 项操作：{said.zh}", f"operation {number}: {said.en}")) from error


_NO_STEPS = Text("不能撤回或重做 {steps} 步：只有 {had} 步。", "cannot undo or redo {steps} steps: there are {had}.")
_NOT_JSON = Text(
    "这不是方案文件；请用“geogrid plan export”写出的 .json。", "this is no plan; use a .json that `geogrid plan export` wrote."
)
_OTHER_CRS = Text(
    "方案文件的坐标系是 {theirs}，工作区是 {ours}；请在原工作区导出为 .geojson 再导入。",
    "the plan file is in {theirs}, the workspace in {ours}; export it from its own workspace as .geojson and import that.",
)
_INCOMPLETE = Text(
    "方案尚未完成：还有 {area} 平方米没有划给任何网格。", "the plan is incomplete: {area} m² belong to no grid yet."
)
