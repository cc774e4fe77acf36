"""Land of a made-up place: a lattice of hexagons shared out from the top down, so that every level tiles the one above exactly.

Every corner of the lattice belongs to three hexagons at most, so borders never cross; all levels are made of the same corners.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from _place_sizes import Sizes

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Shapes = npt.NDArray[np.object_]

NOBODY = -1
JITTER = 0.12
"""How far a corner is moved, in widths of a hexagon."""
SMOOTHINGS = 3
LEAN = 0.45
"""How far from square a border is cut, in radians."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """Hexagons: ``centres`` (n, 2) in metres, ``corners`` (v, 2), ``cells`` (n, 6) corners anticlockwise."""

    centres: Floats
    corners: Floats
    cells: Ints

    @cached_property
    def edges(self) -> Ints:
        """Return (6n, 4): the hexagon, its edge's first and last corner, and the hexagon across (`NOBODY` outside)."""
        own = np.repeat(np.arange(len(self.cells)), 6)
        start, end = self.cells.ravel(), np.roll(self.cells, -1, axis=1).ravel()
        key = np.minimum(start, end) * len(self.corners) + np.maximum(start, end)
        order = np.argsort(key, kind="stable")
        twin = np.full(len(key), NOBODY)
        pair = np.flatnonzero(key[order][1:] == key[order][:-1])
        twin[order[pair]], twin[order[pair + 1]] = own[order[pair + 1]], own[order[pair]]
        return np.column_stack([own, start, end, twin])


@dataclass(frozen=True, eq=False)
class Land:
    """A lattice and the leaf that each hexagon belongs to; ``of`` gives the subject of a level that each leaf belongs to."""

    lattice: Lattice
    leaf: Ints
    of: dict[str, Ints]

    def label(self, level: str) -> Ints:
        """Return the subject of a level that each hexagon belongs to."""
        return self.of[level][self.leaf]

    def shapes(self, level: str, without: Ints | None = None) -> Shapes:
        """Return the polygon of every subject of a level, some leaves left out."""
        label = self.label(level)
        if without is not None:
            label = np.where(np.isin(self.leaf, without), NOBODY, label)
        return polygons(self.lattice, label)

    @cached_property
    def heart(self) -> tuple[Floats, Floats]:
        """Return a point of each leaf far from its border (n, 2), and how far that is."""
        leaves = polygons(self.lattice, self.leaf)
        middle = self.lattice.corners[self.lattice.cells].mean(axis=1)
        points = shapely.points(middle)
        far = shapely.distance(points, shapely.boundary(leaves)[self.leaf])
        far[~shapely.contains(leaves[self.leaf], points)] = 0.0
        best = np.lexsort((-far, self.leaf))
        first = best[np.searchsorted(self.leaf[best], np.arange(len(leaves)))]
        return middle[first], far[first]

    def neighbours(self, label: Ints) -> Ints:
        """Return pairs of labels (k, 2) that share a border, each pair once."""
        pairs = self.lattice.edges[self.lattice.edges[:, 3] >= 0]
        both = np.sort(np.column_stack([label[pairs[:, 0]], label[pairs[:, 3]]]), axis=1)
        return np.unique(both[(both[:, 0] != both[:, 1]) & (both[:, 0] >= 0)], axis=0)


def make_land(sizes: Sizes, *, cells: int, cell_m: float, seed: int) -> Land:
    """Return the land of a place: ``cells`` hexagons, ``cell_m`` wide, for each of its smallest pieces."""
    rng = np.random.default_rng([seed, 1])
    lattice = _lattice(cells * sizes.leaves, cell_m, rng)
    leaf = _mended(lattice, _shared(_warped(lattice.centres, rng), sizes, rng))
    return Land(_smoothed(lattice, leaf), leaf, {level: sizes.above(level) for level in sizes.levels})


def _lattice(number: int, width: float, rng: np.random.Generator) -> Lattice:
    """Return about a given number of hexagons inside an ellipse."""
    half = int(np.sqrt(number)) + 4
    column, row = (each.ravel() for each in np.meshgrid(np.arange(-half, half + 1), np.arange(-half, half + 1)))
    x, y = column + 0.5 * (row % 2), row * np.sqrt(0.75)
    inside = np.argsort((x / 1.2) ** 2 + (y * 1.2) ** 2, kind="stable")[:number]
    inside = inside[np.lexsort((x[inside], y[inside]))]
    angle = np.radians(30 + 60 * np.arange(6))
    around = np.column_stack([x, y])[inside, None, :] + np.column_stack([np.cos(angle), np.sin(angle)]) / np.sqrt(3)
    keys = np.rint(around * (2, 2 * np.sqrt(3))).astype(np.int64)
    _, first, which = np.unique(keys.reshape(-1, 2), axis=0, return_index=True, return_inverse=True)
    corners = around.reshape(-1, 2)[first]
    corners += rng.uniform(-JITTER, JITTER, corners.shape)
    centres = np.column_stack([x, y])[inside]
    return Lattice(centres * width, corners * width, which.reshape(-1, 6))


def _warped(points: Floats, rng: np.random.Generator) -> Floats:
    """Return the points bent by a few long waves: what is cut straight there winds on the map."""
    size = np.ptp(points, axis=0).max()
    moved = points.copy()
    for share in (0.9, 0.5, 0.3, 0.17):
        turn, phase = rng.uniform(0, 2 * np.pi, 2), rng.uniform(0, 2 * np.pi, 2)
        along = points @ np.array([np.cos(turn), np.sin(turn)]) * (2 * np.pi / (share * size)) + phase
        moved += np.sin(along) * (0.035 * share * size)
    return moved


def _shared(points: Floats, sizes: Sizes, rng: np.random.Generator) -> Ints:
    """Return the leaf of every hexagon: each level's land is cut among the level below, as its sizes are."""
    label = np.zeros(len(points), dtype=np.int64)
    for upper, level in zip(("", *sizes.levels), sizes.levels, strict=False):
        parent = sizes.parent[level]
        weight: Floats = np.asarray(np.bincount(sizes.above(level), sizes.land, len(parent)), dtype=np.float64)
        order = np.argsort(label, kind="stable")
        ends = np.searchsorted(label[order], np.arange(len(sizes.parent[upper]) + 1 if upper else 2))
        finer = np.empty(len(points), dtype=np.int64)
        for i in range(len(ends) - 1):
            children = np.flatnonzero(parent == i)
            _cut(points, order[ends[i] : ends[i + 1]], children, weight, finer, rng)
        label = finer
    return label


def _cut(points: Floats, cells: Ints, children: Ints, weight: Floats, into: Ints, rng: np.random.Generator) -> None:
    """Halve the children and their land along a line, until each has its own."""
    if len(children) == 1:
        into[cells] = children[0]
        return
    sums = np.cumsum(weight[children])
    half = int(np.clip(np.searchsorted(sums, sums[-1] / 2) + 1, 1, len(children) - 1))
    place = points[cells]
    angle = _longest(place) + rng.uniform(-LEAN, LEAN)
    order = cells[np.argsort(place @ np.array([np.cos(angle), np.sin(angle)]), kind="stable")]
    many = int(np.clip(round(len(cells) * sums[half - 1] / sums[-1]), half, len(cells) - len(children) + half))
    _cut(points, order[:many], children[:half], weight, into, rng)
    _cut(points, order[many:], children[half:], weight, into, rng)


def _longest(points: Floats) -> float:
    """Return the angle of the direction in which points (n, 2) spread most, by a formula that has one answer on every machine."""
    x, y = (points - points.mean(axis=0)).T
    return 0.5 * float(np.arctan2(2 * (x * y).sum(), (x * x - y * y).sum()))


def _mended(lattice: Lattice, label: Ints) -> Ints:
    """Return the labels with every piece that lost touch with its own given to a neighbour."""
    edges = lattice.edges[lattice.edges[:, 3] >= 0]
    for _ in range(20):
        same = label[edges[:, 0]] == label[edges[:, 3]]
        linked = coo_array((np.ones(same.sum()), (edges[same, 0], edges[same, 3])), shape=(len(label), len(label)))
        number, piece = connected_components(linked, directed=False)
        size = np.bincount(piece)
        if number == label.max() + 1:
            return label
        main = np.zeros(label.max() + 1, dtype=np.int64)
        order = np.argsort(size[piece], kind="stable")
        main[label[order]] = piece[order]
        stray = piece != main[label]
        out = edges[stray[edges[:, 0]] & (label[edges[:, 0]] != label[edges[:, 3]]) & ~stray[edges[:, 3]]]
        label = label.copy()
        label[out[::-1, 0]] = label[out[::-1, 3]]
    raise ValueError("a piece of land stays in several parts: take more hexagons a piece")


def _smoothed(lattice: Lattice, leaf: Ints) -> Lattice:
    """Return the lattice with the borders between leaves rounded off; corners where three meet stay."""
    own, start, end, twin = lattice.edges.T
    border = (twin == NOBODY) | ((leaf[own] != leaf[twin]) & (own < twin))
    a, b = start[border], end[border]
    degree = np.bincount(np.concatenate([a, b]), minlength=len(lattice.corners))
    corners = lattice.corners
    for _ in range(SMOOTHINGS):
        around = np.column_stack(
            [np.bincount(a, corners[b, k], len(corners)) + np.bincount(b, corners[a, k], len(corners)) for k in range(2)]
        )
        moved = 0.5 * corners + 0.25 * around
        corners = np.where((degree == 2)[:, None], moved, corners)
    return Lattice(lattice.centres, np.round(corners, 3), lattice.cells)


def polygons(lattice: Lattice, label: Ints) -> Shapes:
    """Return the polygon of every label from 0 on; one of several parts where its hexagons do not hang together."""
    own, start, end, twin = lattice.edges.T
    other = np.where(twin == NOBODY, NOBODY, label[twin])
    edge = (label[own] != NOBODY) & (label[own] != other)
    order = np.argsort(label[own][edge], kind="stable")
    a, b, of = start[edge][order], end[edge][order], label[own][edge][order]
    ends = np.searchsorted(of, np.arange(label.max() + 2))
    return np.array(
        [_polygon(lattice.corners, a[i:j].tolist(), b[i:j].tolist()) for i, j in pairwise(ends.tolist())],
        dtype=object,
    )


def _polygon(corners: Floats, start: Sequence[int], end: Sequence[int]) -> shapely.Geometry:
    """Return the polygon whose border is made of these edges, its own land on their left."""
    rings = [corners[ring] for ring in _rings(dict(zip(start, end, strict=True)))]
    signed = [float(np.sum(r[:, 0] * np.roll(r[:, 1], -1) - np.roll(r[:, 0], -1) * r[:, 1])) for r in rings]
    shells = [shapely.Polygon(ring) for ring, area in zip(rings, signed, strict=True) if area > 0]
    holes = [ring for ring, area in zip(rings, signed, strict=True) if area < 0]
    inside = [[hole for hole in holes if shapely.contains_xy(shell, *hole.mean(axis=0))] for shell in shells]
    parts = [shapely.Polygon(shell.exterior.coords, mine) for shell, mine in zip(shells, inside, strict=True)]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _rings(following: dict[int, int]) -> list[list[int]]:
    left, rings = dict(following), []
    while left:
        at = min(left)
        ring = []
        while at in left:
            ring.append(at)
            at = left.pop(at)
        rings.append(ring)
    return rings
