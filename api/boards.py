"""Drawing boards that are kept open between requests, so that each operation of a planner costs only what it changes.

A board follows from the workspace and the plan's operations alone. What is kept here is never needed: a worker that does not have
it works it out again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from geogrid.board import Board, Ground, key_after
from geogrid.officeplans import require_grids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api.holdings import Holdings
    from geogrid.officepart import Part
    from geogrid.operations import Operation
    from geogrid.plans import Plan
    from geogrid.store import Workspace

Value = TypeVar("Value")
Wish = Callable[[Board], "Operation"]
"""What makes an operation once the board before it is known."""
Key = tuple[Any, ...]
"""It begins with the hash of the workspace's newest version."""
GROUNDS = 4
"""Parts and versions that are kept ready: each is a town with its people."""
BOARDS = 200
"""States of plans that are kept ready; one is some hundred kilobytes in a county."""
KEPT = "boards"


@dataclass(eq=False)
class Newest(Generic[Value]):
    """The values asked for last, so many of them; each is made once, even if several ask at the same time."""

    most: int
    _values: OrderedDict[Key, Value] = field(default_factory=OrderedDict)
    _making: dict[Key, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Key) -> Value | None:
        """Return a value that is kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Key, value: Value) -> Value:
        """Keep a value, and let the one go that was asked for longest ago."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self.most:
                self._values.popitem(last=False)
        return value

    def keep_only(self, head: str) -> None:
        """Let go of what rests on another state of the workspace: who was erased from it is not kept here either."""
        with self._lock:
            for key in [each for each in self._values if each[0] != head]:
                del self._values[key]

    def made(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return a value, and make it where it is not kept."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                found = self.get(key)
                return self.put(key, make()) if found is None else found
        finally:
            with self._lock:
                self._making.pop(key, None)


@dataclass(frozen=True, eq=False)
class Boards:
    """Grounds and boards of one workspace."""

    _grounds: Newest[Ground] = field(default_factory=lambda: Newest(GROUNDS))
    _boards: Newest[Board] = field(default_factory=lambda: Newest(BOARDS))

    def ground(self, workspace: Workspace, version: int, part: Part) -> Ground:
        """Return what plans of a part of a version rest on; what was kept of an older state of the workspace is let go."""
        head = workspace.head.hash
        for kept in (self._grounds, self._boards):
            kept.keep_only(head)
        return self._grounds.made((head, version, part), lambda: Ground.of(workspace, version, part))

    def board(self, workspace: Workspace, plan: Plan, part: Part) -> Board:
        """Return a plan as it is drawn now.

        Raises
        ------
        RefusedError, NotFoundError
            When an operation cannot be done on its base.
        """
        ground = self.ground(workspace, plan.base_version, part)
        board = self._nearest(ground, plan.operations)
        for operation in plan.operations[board.operations :]:
            board = self._keep(board.then(operation)[0])
        return board

    def then(self, board: Board, wishes: Iterable[Wish], locked: Iterable[str] = ()) -> tuple[Board, list[Operation]]:
        """Do more operations, all of them or none; see `geogrid.board.Board.then`."""
        kept, done = frozenset(locked), []
        require_grids(board.ground.base, kept)
        for wish in wishes:
            board, as_done = board.then(wish(board), locked=kept)
            self._keep(board)
            done.append(as_done)
        return board, done

    def _keep(self, board: Board) -> Board:
        return self._boards.put(_name_of(board.ground, board.key), board)

    def _nearest(self, ground: Ground, operations: Sequence[Operation]) -> Board:
        """Return the board kept with most of the operations done."""
        keys = [b""]
        for operation in operations:
            keys.append(key_after(keys[-1], operation))
        for key in reversed(keys[1:]):
            found = self._boards.get(_name_of(ground, key))
            if found is not None and found.ground is ground:
                return found
        return Board.of(ground)


def _name_of(ground: Ground, key: bytes) -> tuple[str, int, Part, bytes]:
    return ground.head, ground.version, ground.part, key


def boards_of(holdings: Holdings) -> Boards:
    """Return the boards that a service keeps."""
    found: Boards = holdings.kept.setdefault(KEPT, Boards())
    return found
