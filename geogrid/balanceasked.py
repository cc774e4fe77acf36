"""What may be asked of a proposal of grids: the range, how many, where, what stays, and how many alternatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from geogrid.balancing.wanted import Wanted
from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.profile import Profile

EVEN = "even"


@dataclass(frozen=True)
class GridsAsked:
    """What is asked of `propose`.

    Attributes
    ----------
    kind : str
        "grids" (from scratch) or "even" (from today).
    low, high : int or None
        The household range; the profile's where None.
    target : float or None
        Households a grid should have; the profile's where it lies in the range, else the middle.
    parts : int or None
        So many grids in each village; without a range, as even as can be.
    within, locked : tuple of str
        Areas to divide; grids and units that stay.
    moves : int or None
        From today: at most so many moves of one piece, those that mend most.
    alternatives : int
        How many divisions that really differ.
    seed : int
        Where chances begin.
    plan : str
        What the plans are called: this, then with -2, -3 ...
    who : str
        Who asks, for the record of plans.
    """

    kind: Literal["grids", "even"] = "grids"
    low: int | None = None
    high: int | None = None
    target: float | None = None
    parts: int | None = None
    within: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    moves: int | None = None
    alternatives: int = 3
    seed: int = 0
    plan: str = ""
    who: str = ""

    def wanted(self, profile: Profile) -> Wanted:
        """Return what each grid should have.

        Raises
        ------
        InputError
            When the range is none, or a number is too small.
        """
        if self.parts is not None and self.low is None and self.high is None:
            require(self.parts >= 1, _NO_PARTS.fill(parts=self.parts))
            return Wanted(0, None, parts=self.parts)
        low, high = profile.household_range
        low, high = (low if self.low is None else self.low), (high if self.high is None else self.high)
        require(0 <= low <= high and high > 0, _NO_RANGE.fill(low=low, high=high))
        target = self.target if self.target is not None else profile.household_target
        require(self.target is None or low <= target <= high, _NO_TARGET.fill(target=target, low=low, high=high))
        return Wanted(low, high, parts=self.parts, target=target if low <= target <= high else (low + high) / 2)

    @property
    def settings(self) -> dict[str, Any]:
        """Return what was asked as plain values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items() if key != "who"}


def require(holds: bool, said: Text) -> None:  # noqa: FBT001 - a condition
    """Refuse what is asked where a condition does not hold.

    Raises
    ------
    InputError
        With what is wrong.
    """
    if not holds:
        raise InputError(said)


_NO_PARTS = Text("网格数 {parts} 不能用：至少 1。", "{parts} grids cannot be: at least 1.")
_NO_RANGE = Text(
    "户数范围 {low}-{high} 不能用：应为下限不大于上限，如 300-500。",
    "the household range {low}-{high} is none: expected low-high, such as 300-500.",
)
_NO_TARGET = Text(
    "目标 {target} 不在 {low}-{high} 之内；请改目标或范围。", "the target {target} is not within {low}-{high}; change one."
)
