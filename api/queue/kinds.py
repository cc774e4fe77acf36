"""What jobs there are: for each kind the function that does it, and whether it may be tried again when its process died.

The function takes a `Work` and returns what may be told of its result (JSON, never a household) to all who may see the job; files
go to ``work.folder``. A new kind is a row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from api.working import STEPS
from geogrid.errors import GeogridError
from geogrid.stepnames import STEP_NAMES
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from api.callers import Caller
    from api.holdings import Holdings
    from api.queue.records import Job
    from api.state import State
    from geogrid.clock import Clock

    Run = Callable[["Work"], Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Work:
    """A job for the function that does it, in a process of its own.

    Attributes
    ----------
    job : Job
        ``job.asked`` is what was asked.
    caller : Caller
        Who asked, with the areas to keep to; its role was looked at when it asked.
    holdings : Holdings
        ``holdings.workspace()`` opens the workspace.
    folder : Path
        Private, empty, kept with the job: for files of the result.
    clock : Clock
        Its steps become the job's progress; ``clock.progress`` can be handed on to what takes one.
    """

    job: Job
    caller: Caller
    holdings: Holdings
    folder: Path
    clock: Clock

    @property
    def asked(self) -> Mapping[str, Any]:
        """Return what was asked."""
        return self.job.asked

    @property
    def state(self) -> State:
        """Return the service's own file."""
        return self.holdings.require_state()


class EndedError(GeogridError):
    """A job that ended without doing what was asked; ``result`` is what may be told of why, as of one that is done."""

    def __init__(self, message: Text, result: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.result = result


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes
    ----------
    name : Text
    runs : str
        ``module:function``, loaded in the job's process only.
    steps : tuple of str
        Names of its steps in order, for the share of the whole that is done.
    weights : tuple of float
        How much of the whole each step is; empty: all the same.
    is_repeatable : bool
        Whether doing it again from the start is right when its process died on the way: it writes nothing but its own folder.
    """

    name: Text
    runs: str
    steps: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    is_repeatable: bool = False

    def load(self) -> Run:
        """Return the function that does it."""
        module, _, function = self.runs.partition(":")
        run: Run = getattr(import_module(module), function)
        return run


CHECKING = ("read", "datum", "tiling", "assign", "streets", "snap", "travel", "coverage", "gaps", "publish", "write")
PROPOSING = ("open", "read", "think", "draw", "write")

KINDS: Mapping[str, Kind] = {
    "check": Kind(Text("检查", "check"), "api.queue.checking:run", CHECKING, is_repeatable=True),
    "proposal": Kind(Text("建议", "proposal"), "api.queue.proposing:run", PROPOSING, (1, 1, 14, 3, 1)),
    "export": Kind(Text("导出", "export"), "api.queue.exporting:run", ("read", "write"), is_repeatable=True),
    "publication": Kind(Text("发布", "publication"), "api.queue.publishing:run", ("publish",)),
    "import": Kind(Text("导入", "import"), "api.imports:run", ("read", "datum", "think", "write")),
}

STEP_TEXTS: Mapping[str, Text] = {**STEPS, **STEP_NAMES, "draw": Text("把结果画成方案", "Drawing what was found as plans")}
"""What steps are called."""


def share_of(kind: Kind, step: str, share: float) -> float | None:
    """Return how much of a whole job is done, at a share of one of its steps; None where the step is not among its own.

    Examples
    --------
    >>> share_of(Kind(Text("", ""), "", ("read", "write")), "write", 0.5)
    0.75
    >>> share_of(Kind(Text("", ""), "", ("read", "write"), (1, 3)), "write", 0.5)
    0.625
    """
    if step not in kind.steps:
        return None
    at, weights = kind.steps.index(step), kind.weights or (1.0,) * len(kind.steps)
    return (sum(weights[:at]) + weights[at] * min(max(share, 0.0), 1.0)) / sum(weights)
