"""What a measure gives: a value per subject, what is missing where there is none, and what could be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

NO_TABLE = Text("没有提供{zh}", "no {en} given")


class Found(NamedTuple):
    """A value for each, in the order asked for: NaN where ``missing`` says what; ``advice`` says what to mend."""

    value: Floats
    missing: Sequence[Text | None]
    advice: Sequence[Text | None]


def found(values: Iterable[float], missing: Text | None = None, advice: Sequence[Text | None] | None = None) -> Found:
    """Return values; where one is NaN, ``missing`` says why."""
    array = np.asarray(list(values), dtype=float)
    lacking = [missing if lost else None for lost in np.isnan(array)]
    return Found(array, lacking, advice if advice is not None else [None] * len(array))


def nothing(count: int, missing: Text) -> Found:
    """Return no value for any of the subjects, and why."""
    return found([np.nan] * count, missing)


def advised(values: Floats, say: Callable[[int], Text | None]) -> list[Text | None]:
    """Return what ``say`` says of each value that is there."""
    return [None if np.isnan(value) else say(i) for i, value in enumerate(values)]
