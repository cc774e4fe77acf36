"""Who gets the faces of one layer of polygons that no single polygon owns by right: narrow defects decided, wide ones left.

The rules, in their order; *narrow* is narrower than the width asked for, measured by the largest circle in a connected piece.

1. What a polygon covers outside its parent is cut off where it is narrow.
2. Where two polygons overlap and the piece is wide, both keep it; a third that overlaps narrowly with one of them there does not
   (those whose parent it lies in come first, then the smaller id). Any other face of several goes to the one whose parent it lies
   in, when that is one only (the claim by code), else to the one of them with the longest shared border.
3. A narrow hole goes to the neighbour with the longest shared border: of the neighbours whose parent it lies in, else of those
   without a known parent. A neighbour of another parent gets nothing. Where a hole lies between several neighbours and the line
   of their parent, it is cut first, from each corner between two of them straight to that line, when that is at most twice the
   width away: nobody gets a ribbon along somebody else's land.
4. A narrow part cut off from its polygon and smaller than 100 m² goes to a neighbour by the same choice.
5. Of equal borders, the smaller id has the longer one. A polygon that would lose its last face keeps all of them, in dispute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from geogrid.claims import Pairs, alone, among, differing, fewer, joined, pairs_of, runs, sets_of, several
from geogrid.faces import connected, corner_cuts, longest_border, lying_in, neighbours, outlines_m, wide_nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.faces import Bools, Faces, Ints, Shapes

UNKNOWN = -1
"""The parent of a polygon whose parent is not known."""

AS_GIVEN, BY_CODE, BY_BORDER, CUT_OFF, STRAY, THIRD = range(6)
"""Why a face belongs to whom it belongs."""

_MOST_ROUNDS = 50
_LEAST_REST_M = 1e-4


class Rules(NamedTuple):
    """Below which width in metres, and which size of a stray part in m², defects are mended."""

    width_m: float
    stray_m2: float


class Layer(NamedTuple):
    """Polygons that should tile their parents, in order of their ids.

    ``parent`` is the number of the land that each must lie in (`UNKNOWN` without), ``number`` that of the land that each is.
    Those without a parent must lie in the lands ``elsewhere``; where there are none they may lie anywhere, must fill what they
    enclose and the polygons ``cracks``.
    """

    shapes: Shapes
    parent: Ints
    number: Ints
    elsewhere: Ints
    cracks: Shapes


class Ground(NamedTuple):
    """Which faces the layers above hold: keys of face and number of the land."""

    keys: Ints
    lands: int

    def holds(self, face: Ints, land: Ints) -> Bools:
        """Return whether faces belong to lands."""
        return among(face * self.lands + land, self.keys)

    def faces(self, lands: Ints) -> Ints:
        """Return the faces that belong to one of the lands."""
        face, land = np.divmod(self.keys, self.lands)
        return np.unique(face[np.isin(land, lands)])

    def with_lands(self, owners: Pairs, number: Ints) -> Ground:
        """Return the ground with more lands: faces with their polygons, and the number of each polygon's land."""
        return Ground(np.sort(np.append(self.keys, owners.face * self.lands + number[owners.item])), self.lands)


class Mended(NamedTuple):
    """Whose the faces of a layer were and are, why, and the lines that would cut narrow tails from wide defects."""

    before: Pairs
    after: Pairs
    why: Ints
    cuts: list[Any]


class _Work(NamedTuple):
    """What the steps share."""

    faces: Faces
    layer: Layer
    ground: Ground
    rules: Rules
    kept: Ints

    def rank(self, face: Ints, item: Ints) -> Ints:
        """Return 1 where a face lies in the parent, 0 where no parent is known, -1 where a face is out of bounds."""
        parent = self.layer.parent[item]
        found = np.where(self.ground.holds(face, parent), 1, -1)
        loose = np.flatnonzero(parent == UNKNOWN)
        elsewhere = self.layer.elsewhere
        found[loose] = 0
        if len(loose) and len(elsewhere):
            found[loose] = np.where(np.isin(face[loose], self.ground.faces(elsewhere)), 0, -1)
        return found


def mend(faces: Faces, layer: Layer, ground: Ground, rules: Rules) -> Mended:
    """Decide whose every face of a layer is.

    Parameters
    ----------
    faces : Faces
        Of the borders of the layer and of those above.
    layer : Layer
        The polygons.
    ground : Ground
        Which faces the layers above hold.
    rules : Rules
        What is narrow.

    Returns
    -------
    Mended
        Faces of a wide overlap still have several owners, those of a wide hole none.
    """
    before = lying_in(faces, layer.shapes)
    kept = np.empty(0, dtype=np.int64)
    while True:
        result = _settled(_Work(faces, layer, ground, rules, kept), before)
        lost = np.setdiff1d(np.setdiff1d(before.item, result.after.item), kept)
        if not len(lost):
            return result
        kept = np.append(kept, lost)


def is_settled(faces: Faces, layer: Layer, ground: Ground, owners: Pairs) -> bool:
    """Return whether the polygons of a layer tile what they should: each face has one owner, and each polygon one part."""
    work = _Work(faces, layer, ground, Rules(0.0, 0.0), np.empty(0, dtype=np.int64))
    if len(several(owners)) or (work.rank(*owners) < 0).any() or len(_holes(work, owners)):
        return False
    return len(np.unique(connected(faces, *owners))) == len(np.unique(owners.item))


def changed(faces: Faces, mended: Mended) -> Bools:
    """Return which faces belong to others than before; dust does not count."""
    return faces.solid & differing(mended.before, mended.after, len(faces.solid))


def _settled(work: _Work, before: Pairs) -> Mended:
    """Apply the rules until nothing changes: what is left of a wide piece may be narrow."""
    after, why, cuts = before, np.full(len(work.faces.shapes), AS_GIVEN, dtype=np.int64), []
    for _ in range(_MOST_ROUNDS):
        last = after
        after, reason, new = _once(work, last)
        why = np.where(reason == AS_GIVEN, why, reason)
        cuts += new
        # Where every face has an owner within bounds, or one that nobody may have, the rules have nothing to say.
        if not differing(last, after, len(why)).any() or not (len(several(after)) or (work.rank(*after) < 0).any()):
            break
    return Mended(before, after, why, cuts)


def _once(work: _Work, claims: Pairs) -> tuple[Pairs, Ints, list[Any]]:
    """Apply every rule once; return whose each face is, why it changed hands, and lines to cut tails off."""
    why = np.full(len(work.faces.shapes), AS_GIVEN, dtype=np.int64)
    inside, cuts_out = _cut_off(work, claims)
    why[claims.face[~np.isin(claims.face, inside.face)]] = CUT_OFF
    why[fewer(claims, inside)] = BY_CODE
    disputed, cuts_over = _disputed(work, inside)
    in_dispute = np.isin(inside.face, inside.face[disputed])
    why[inside.face[in_dispute & ~disputed]] = THIRD
    # Whoever is not at odds with the others of a disputed face has lost it.
    disputed, inside = disputed[disputed | ~in_dispute], inside.take(disputed | ~in_dispute)
    settled = disputed | np.isin(inside.face, alone(inside))
    owners, contest = inside.take(settled), inside.take(~settled)
    by_code = _by_code(work, contest)
    why[by_code.face] = BY_CODE
    contest = contest.take(~np.isin(contest.face, by_code.face))
    why[contest.face] = BY_BORDER
    owners = _by_border(work, joined(owners, by_code), contest)
    owners, cuts_holes = _fill(work, owners, why)
    owners = _without_strays(work, owners, why)
    return owners, why, cuts_out + cuts_over + cuts_holes


def _cut_off(work: _Work, claims: Pairs) -> tuple[Pairs, list[Any]]:
    """Drop what is narrow outside the parent."""
    out = np.flatnonzero(work.rank(*claims) < 0)
    outside = claims.take(out)
    wide, cuts = wide_nodes(work.faces, outside.face, connected(work.faces, *outside), work.rules.width_m)
    dropped = out[~wide & ~np.isin(outside.item, work.kept)]
    return claims.take(np.delete(np.arange(len(claims.face)), dropped)), cuts


def _disputed(work: _Work, claims: Pairs) -> tuple[Bools, list[Any]]:
    """Mark the claims to land that two polygons overlap on too widely to be decided here."""
    shared = pd.DataFrame(claims.take(np.isin(claims.face, several(claims)))._asdict())
    both = shared.merge(shared, on="face", suffixes=("", "_other"))
    both = both[both["item"] < both["item_other"]]
    face, one, other = (both[name].to_numpy(dtype=np.int64) for name in ("face", "item", "item_other"))
    count = len(work.layer.shapes)
    wide, cuts = wide_nodes(work.faces, face, connected(work.faces, face, one * count + other), work.rules.width_m)
    wide |= np.isin(one, work.kept) | np.isin(other, work.kept)
    kept = _at_odds(work, face[wide], one[wide], other[wide])
    return among(claims.face * count + claims.item, np.sort(kept.face * count + kept.item)), cuts


def _at_odds(work: _Work, face: Ints, one: Ints, other: Ints) -> Pairs:
    """Return the claims of faces in wide overlaps, given by pairs: of those of one face every two overlap widely."""
    claims = pairs_of(np.append(face, face), np.append(one, other))
    order = np.lexsort((claims.item, -work.rank(*claims), claims.face))
    wide = set(zip(np.append(face, face).tolist(), np.append(one, other).tolist(), np.append(other, one).tolist(), strict=True))
    kept: dict[int, list[int]] = {}
    for i in order:
        here, item = int(claims.face[i]), int(claims.item[i])
        mine = kept.setdefault(here, [])
        if item not in mine and all((here, item, each) in wide for each in mine):
            mine.append(item)
    faces = [key for key, items in kept.items() for _ in items]
    return Pairs(np.array(faces, dtype=np.int64), np.array([item for items in kept.values() for item in items], dtype=np.int64))


def _by_code(work: _Work, claims: Pairs) -> Pairs:
    """Return the claims of the only one whose parent a face lies in."""
    home = claims.take(work.rank(*claims) > 0)
    return home.take(np.isin(home.face, alone(home)))


def _by_border(work: _Work, owners: Pairs, claims: Pairs) -> Pairs:
    """Give connected faces with the same claims to the claimant with the longest shared border."""
    count = len(work.layer.shapes)
    keys = claims.face * count + claims.item

    def is_claimed(face: Ints, item: Ints) -> Ints:
        return np.where(among(face * count + item, keys), 0, -1)

    face, kind = sets_of(claims)
    owners, left = _spread(work, owners, Pairs(face, connected(work.faces, face, kind)), is_claimed)
    # Faces that touch no claimant's own land go to the first of them.
    rest = claims.take(np.isin(claims.face, left.face))
    return joined(owners, rest.take(np.unique(rest.face, return_index=True)[1]))


def _fill(work: _Work, owners: Pairs, why: Ints) -> tuple[Pairs, list[Any]]:
    """Give narrow holes to the neighbours that may have them."""
    holes = _holes(work, owners)
    homes = np.unique(work.layer.parent)
    face, land = np.divmod(work.ground.keys, work.ground.lands)
    here = np.isin(face, holes) & np.isin(land, homes)
    kind = np.zeros(len(work.faces.shapes), dtype=np.int64)
    placed, number = sets_of(Pairs(face[here], land[here]))
    kind[placed] = number + 1
    piece = connected(work.faces, holes, kind[holes])
    wide, cuts = wide_nodes(work.faces, holes, piece, work.rules.width_m)
    narrow = Pairs(holes[~wide], piece[~wide])
    cuts += _corner_cuts(work, owners, narrow)
    region = Pairs(narrow.face, np.arange(len(narrow.face)))
    filled, left = _spread(work, owners, region, work.rank)
    given = region.face[~np.isin(region.face, left.face)]
    why[given[why[given] == AS_GIVEN]] = BY_BORDER
    why[given[why[given] == CUT_OFF]] = BY_CODE
    return filled, cuts


def _corner_cuts(work: _Work, owners: Pairs, holes: Pairs) -> list[Any]:
    """Return lines from the corners between neighbours of a hole to the line of their parent."""
    beside = neighbours(work.faces, holes, owners)
    beside = beside[work.rank(beside["face"].to_numpy(), beside["item"].to_numpy()) >= 0].sort_values(["region", "item"])
    groups = beside.groupby("region")
    shared_m, mixed = groups["border_m"].sum(), groups["item"].first() != groups["item"].last()
    rest_m = outlines_m(work.faces, holes)[shared_m.index.to_numpy()] - shared_m
    wanted = mixed.index[mixed & (rest_m > _LEAST_REST_M)]
    cuts = []
    for region, mine in beside[beside["region"].isin(wanted)].groupby("region"):
        item, faces = mine["item"].to_numpy(), mine["beside"].to_numpy()
        each = runs(faces, np.flatnonzero(np.diff(item)) + 1)
        cuts += corner_cuts(work.faces, holes.face[holes.item == region], each, 2 * work.rules.width_m)
    return cuts


def _holes(work: _Work, owners: Pairs) -> Ints:
    """Return the faces that the layer should cover and does not."""
    faces, layer, ground = work.faces, work.layer, work.ground
    bare = np.ones(len(faces.shapes), dtype=bool)
    bare[owners.face] = False
    wanted = np.zeros(len(faces.shapes), dtype=bool)
    wanted[ground.faces(layer.parent)] = True
    if (layer.parent == UNKNOWN).any():
        wanted[ground.faces(layer.elsewhere)] = True
    if (layer.parent == UNKNOWN).any() and not len(layer.elsewhere):
        wanted[lying_in(faces, layer.cracks).face] = True
        wanted |= _enclosed(faces, bare & ~wanted)
    return np.flatnonzero(bare & wanted)


def _enclosed(faces: Faces, bare: Bools) -> Bools:
    """Return which of the bare faces do not lead out; nor does dust, which is between borders."""
    face = np.flatnonzero(bare)
    piece = connected(faces, face, np.zeros(len(face), dtype=np.int64))
    enclosed = np.zeros(len(bare), dtype=bool)
    enclosed[face[~np.isin(piece, piece[faces.rim[face]])]] = True
    enclosed |= bare & ~faces.solid
    return enclosed


def _without_strays(work: _Work, owners: Pairs, why: Ints) -> Pairs:
    """Give small narrow parts cut off from their polygon to a neighbour; each gift joins two parts, so this ends."""
    for _ in range(_MOST_ROUNDS):
        small, whole = _strays(work, owners)
        if not len(small.face):
            break
        own = np.full(len(work.faces.shapes), UNKNOWN, dtype=np.int64)
        at = np.searchsorted(owners.face, small.face)
        own[small.face] = owners.item[at]

        def of_another(face: Ints, item: Ints, own: Ints = own) -> Ints:
            return np.where(own[face] == item, -1, work.rank(face, item))

        chosen = longest_border(work.faces, small, whole, of_another)
        if chosen.empty:
            break
        taker = dict(zip(chosen["region"], chosen["item"], strict=True))
        moved = small.take(np.isin(small.item, chosen["region"]))
        item = owners.item.copy()
        item[np.searchsorted(owners.face, moved.face)] = [taker[region] for region in moved.item]
        why[moved.face] = STRAY
        owners = pairs_of(owners.face, item)
    return owners


def _strays(work: _Work, owners: Pairs) -> tuple[Pairs, Pairs]:
    """Return the faces of stray parts with the number of their part, and the pairs of every polygon's largest part."""
    part = connected(work.faces, *owners)
    size = np.bincount(part, work.faces.area_m2[owners.face])
    _, example = np.unique(part, return_index=True)
    order = np.lexsort((example, -size, owners.item[example]))
    largest = order[np.append(True, np.diff(owners.item[example][order]) > 0)] if len(order) else order
    main = np.isin(part, largest)
    small = ~main & (size[part] < work.rules.stray_m2)
    small &= ~np.isin(part, part[np.isin(owners.face, several(owners))])
    nodes = np.flatnonzero(small)
    piece = np.unique(part[nodes], return_inverse=True)[1]
    narrow = ~wide_nodes(work.faces, owners.face[nodes], piece, work.rules.width_m).wide
    # A part that is wide somewhere stays whole.
    narrow &= ~np.isin(piece, piece[~narrow])
    return Pairs(owners.face[nodes[narrow]], np.unique(piece[narrow], return_inverse=True)[1]), owners.take(main)


def _spread(work: _Work, owners: Pairs, region: Pairs, rank: Callable[[Ints, Ints], Ints]) -> tuple[Pairs, Pairs]:
    """Give regions to the owners beside them, then those behind them; return the owners, and the regions left over."""
    while len(region.face):
        chosen = longest_border(work.faces, region, owners, rank)
        if chosen.empty:
            break
        taker = np.full(region.item.max() + 1, UNKNOWN, dtype=np.int64)
        taker[chosen["region"].to_numpy()] = chosen["item"].to_numpy()
        item = taker[region.item]
        owners = joined(owners, Pairs(region.face[item >= 0], item[item >= 0]))
        region = region.take(item < 0)
    return owners, region
