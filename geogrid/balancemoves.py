"""The few moves that mend most, said one by one: which land, from which grid to which, and what each mends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.balanceground import Ground
    from geogrid.balancing.wanted import Move
    from geogrid.changerows import Limits

Row = dict[str, Any]


def move_rows(moves: Sequence[Move], ground: Ground, names: Mapping[str, str] | None = None) -> list[Row]:
    """Return a row for each move.

    Parameters
    ----------
    moves : sequence of Move
        In the order in which they are made.
    ground : Ground
    names : mapping, optional
        What units are called, by id.

    Returns
    -------
    list of dict
        step, piece, name, households, from_id, to_id, from_before, from_after, to_before, to_after (households of the two
        grids), beyond_before, beyond_after (households beyond the range in all grids), out_before, out_after (grids out of
        range).

    Examples
    --------
    >>> import shapely
    >>> from geogrid.balanceground import paper_ground
    >>> from geogrid.balancing.wanted import Move
    >>> ground = paper_ground([shapely.box(i, 0, i + 1, 1) for i in range(3)], [0, 0, 1], ["G1", "G2"], [3, 4, 1])
    >>> (row,) = move_rows([Move(1, 0, 1, 4, 3, 0, 1, 0)], ground)
    >>> [row[key] for key in ("from_before", "from_after", "to_before", "to_after")]
    [7, 3, 1, 5]
    """
    pieces, told = ground.pieces, list[Row]()
    size = np.bincount(pieces.today[pieces.today >= 0], pieces.households[pieces.today >= 0], len(ground.grid_ids))
    for step, move in enumerate(moves, 1):
        piece = pieces.ids[move.piece]
        row: Row = {"step": step, "piece": piece, "name": (names or {}).get(piece, ""), "households": move.households}
        for key, grid, change in (("from", move.source, -move.households), ("to", move.target, move.households)):
            row |= {f"{key}_id": ground.grid_ids[grid], f"{key}_before": int(size[grid])}
            size[grid] += change
            row[f"{key}_after"] = int(size[grid])
        row |= {key: getattr(move, key) for key in ("beyond_before", "beyond_after", "out_before", "out_after")}
        told.append(row)
    return told


def moves_said(rows: Sequence[Row], asked: int, left: Mapping[str, int], limits: Limits) -> list[Text]:
    """Say what each move mends, why there are no more of them, and which grids stay out of range.

    Parameters
    ----------
    rows : sequence of dict
        From `move_rows`.
    asked : int
        How many there might have been.
    left : mapping
        Households of the grids that are still out of range.
    limits : Limits
    """
    said = [_MOVE.fill(**row, called=f"{row['piece']} {row['name']}".strip()) for row in rows]
    if len(rows) < asked:
        said.append((_NO_MORE if rows else _NONE).fill(n=len(rows), asked=asked))
    if left:
        grids = ", ".join(f"{key} ({n:,})" for key, n in left.items())
        said.append(_LEFT.fill(grids=grids, low=limits.low, high=limits.high))
    return said


_MOVE = Text(
    "第 {step} 处：{called}（{households} 户）从 {from_id} 划给 {to_id}：{from_id} 由 {from_before} 户变为 {from_after} 户，"
    "{to_id} 由 {to_before} 户变为 {to_after} 户；范围外的网格 {out_before} → {out_after} 个，"
    "超出或不足合计 {beyond_before} → {beyond_after} 户。",
    "Move {step}: {called} ({households} households) goes from {from_id} to {to_id}: {from_id} has {from_before} → {from_after} "
    "households, {to_id} {to_before} → {to_after}; grids out of range {out_before} → {out_after}, households beyond the range in "
    "all {beyond_before} → {beyond_after}.",
)
_NO_MORE = Text(
    "最多可动 {asked} 处，{n} 处已是所找到的最好结果，再动没有改善。",
    "{asked} moves were allowed; these {n} are the best found, and one more mends nothing.",
)
_NONE = Text(
    "在 {asked} 处之内没有找到能改善的调整。",
    "no moves that mend anything were found within {asked}.",
)
_LEFT = Text(
    "仍不在 {low}～{high} 之内：{grids}。只动几处时不查哪里做不到；要知道原因和出路，请不带 --moves 再做一次。",
    "still not within {low}–{high}: {grids}. With a few moves only, what stands in the way is not looked for: leave out --moves "
    "for that.",
)
