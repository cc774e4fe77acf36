"""Pieces: the smallest land that a proposal moves, and which of them lie side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Shapes = npt.NDArray[np.object_]

NOBODY = -1


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces of land as a graph, one entry a piece and one a pair of neighbours.

    Attributes
    ----------
    ids : tuple of str
        A unit's id, or a made-up one.
    households : array of int
        How much each counts: households, or what else is balanced.
    area : array of int
        Position of the village (or other land) that each lies in; parts never cross from one to another.
    today : array of int
        Position of the grid that each is in today; -1 in none.
    locked : array of bool
        Whether a piece must stay in its grid of today.
    x, y : array of float
        A point inside each, in metres.
    first, second : array of int
        Pairs of neighbours, ``first`` < ``second``, each once.
    border_m, along_m : array of float
        How long their common border is, and how much of that lies along streets or water.
    is_open : array of bool
        Whether one can be joined with the other; not across a barrier without a bridge, nor between areas.
    shapes : array of polygons, optional
        The pieces themselves; together they tile their areas.
    """

    ids: tuple[str, ...]
    households: Ints
    area: Ints
    today: Ints
    locked: Bools
    x: Floats
    y: Floats
    first: Ints
    second: Ints
    border_m: Floats
    along_m: Floats
    is_open: Bools
    shapes: Shapes | None = field(default=None, repr=False)

    def __len__(self) -> int:
        """Return how many pieces there are."""
        return len(self.ids)

    @classmethod
    def plain(
        cls, households: Ints, first: Ints, second: Ints, *, border_m: Floats | None = None, today: Ints | None = None
    ) -> Pieces:
        """Return pieces of one area without places: for laws and benchmarks.

        Examples
        --------
        >>> row = Pieces.plain(np.array([3, 4, 5]), np.array([0, 1]), np.array([1, 2]))
        >>> len(row), row.is_open.tolist()
        (3, [True, True])
        """
        n, m = len(households), len(first)
        return cls(
            tuple(f"{i}" for i in range(n)),
            np.asarray(households, dtype=np.int64),
            np.zeros(n, dtype=np.int64),
            np.full(n, NOBODY) if today is None else today,
            np.zeros(n, dtype=bool),
            np.arange(n, dtype=np.float64),
            np.zeros(n),
            np.minimum(first, second),
            np.maximum(first, second),
            np.ones(m) if border_m is None else border_m,
            np.zeros(m),
            np.ones(m, dtype=bool),
        )
