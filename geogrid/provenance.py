"""What a proposal was made from and how: hashes of inputs, settings, seed, solver, what is proven, and whether it comes again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from geogrid import __version__
from geogrid.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from geogrid.effort import Stopped

Proof = Literal["optimal", "gap", "found", "infeasible", "none"]
"""Proven the best; within a stated gap of the best; good, with nothing proven; proven impossible; nothing found."""


@dataclass(frozen=True)
class Provenance:
    """How a proposal came about.

    Attributes
    ----------
    kind : str
        What was proposed: "grids", "even", "zones", "merge", "shares" or "sites".
    inputs : mapping
        The hash of each table that it rests on, by name; see `table_hash`.
    settings : mapping
        What was asked, as plain values.
    solver : str
        What searched, and its version.
    seed : int
        Where its chances begin.
    proof : str
        What is proven of the answer.
    value, bound, gap : float or None
        The aim's value, what no answer can beat, and how far they are apart as a share of the value.
    work : mapping
        How much was done, such as {"nodes": 3}.
    seconds : float
        How long that took here.
    stopped : str
        "" when the search was done, else "work", "time" or "hand".
    """

    kind: str
    inputs: Mapping[str, str]
    settings: Mapping[str, Any]
    solver: str
    seed: int = 0
    proof: Proof = "found"
    value: float | None = None
    bound: float | None = None
    gap: float | None = None
    work: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    stopped: Stopped = ""

    @property
    def is_reproducible(self) -> bool:
        """Return whether the same inputs and settings give the same answer again."""
        return self.stopped in {"", "work"}

    def to_record(self) -> dict[str, Any]:
        """Return all of it as plain values for JSON; figures that are not finite are None."""
        record = {key: plain(value) for key, value in vars(self).items() if key not in {"inputs", "settings", "work"}}
        told = {"inputs": dict(self.inputs), "settings": dict(self.settings), "work": dict(self.work)}
        return {"geogrid": __version__, **record, **told, "is_reproducible": self.is_reproducible}


def table_hash(frame: pd.DataFrame) -> str:
    """Return the hash of a table: its columns, values and shapes, in order.

    Examples
    --------
    >>> import pandas as pd
    >>> town = pd.DataFrame({"grid_id": ["G1"], "n": [3]})
    >>> table_hash(town) == table_hash(town.copy()), table_hash(town) == table_hash(town.assign(n=4))
    (True, False)
    """
    digest = hashlib.sha256()
    for name in frame.columns:
        column = frame[name]
        digest.update(f"{name}\0{len(column)}\0".encode())
        for value in _bytes(column):
            digest.update(len(value).to_bytes(8, "little"))
            digest.update(value)
    return digest.hexdigest()


def _bytes(column: pd.Series) -> list[bytes]:
    if column.dtype == "geometry":
        return [b"" if shape is None else shape for shape in shapely.to_wkb(column.to_numpy())]
    if column.dtype.kind in "iufb":
        return [np.ascontiguousarray(column.to_numpy()).tobytes()]
    return [repr(plain(value)).encode() for value in column]
