"""What stands beside the coverage table in a publication, held against earlier ones: gaps, shares of the place, standards.

None of it may tell more than the coverage tables do, which `geogrid.republish` has guarded:

- *Gaps.* Rounded counts of a gap bound those of its grids, and an earlier publication may have shown these exactly. So a gap in a
  grid of which a count is withheld because of earlier publications is withheld too. What is left is compared square by square
  with the gaps that were drawn there before: squares that came are told as one group, which must be as large as that of a new
  gap, and where squares went, the rounded counts must have fallen by more than the threshold beyond what rounding makes; or more
  households than the threshold came, left or changed in these squares.
- *Shares of the whole place* (sensitivity, radius, seasons). Nothing can be told where nobody changed and every count behind a
  row is as it was, or differs from it, and from the other differences, by more than the threshold; or where more households than
  the threshold came, left or changed. Where a few did, all these rows are withheld.
- *Standards and stated sizes about people* are worked out from the counts that a check alone would show, or leave more than the
  threshold on either side (`geogrid.themed.telling`). They are withheld as soon as one of those counts is.
- *Numbers of rows* are withheld when they differ by few.

Places, facilities and streets are not about people. Themes of the place are no part of a publication.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from scipy import sparse

from geogrid.hierarchy import GRID
from geogrid.plain import records
from geogrid.privacy import MEASURES, ROUND_GAPS_TO, SQUARE_M2, without_gaps
from geogrid.settings import NOW
from geogrid.turnover import changed_households

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geogrid.privacy import PublicReport
    from geogrid.republish import Earlier
    from geogrid.suppression import Flags

    Ints = npt.NDArray[np.int64]

Row = dict[str, Any]

SHARE_DECIMALS = 4
SAME_M2 = 1.0
"""Squares that differ by less are the same: published corners are rounded to a centimetre."""
CLOSE = 1e-6
NAMED = {
    "sensitivity": ("service", "mode"),
    "radius": ("service", "mode"),
    "seasons": ("service", "season", "zh", "en"),
}
"""Tables of the whole place, and what stays of a withheld row."""
PEOPLE = "is_about_people"
LINKED = ("rows", "good")


def held_back(
    public: PublicReport, before: PublicReport, homes: gpd.GeoDataFrame, earlier: Sequence[Earlier]
) -> tuple[PublicReport, int]:
    """Withhold what stands beside the coverage table and would tell of few households beside earlier publications.

    Parameters
    ----------
    public : PublicReport
        Its coverage table already withholds what it must (`geogrid.withholding.with_more_withheld`).
    before : PublicReport
        As the check wrote it.
    homes : GeoDataFrame
        The check's households with their statuses; WGS 84.
    earlier : sequence of Earlier

    Returns
    -------
    PublicReport, int
        The same object where nothing more is withheld; and how many gaps, rows and standards are.
    """
    hidden = _hidden_grids(public, before)
    steps = [_without_gaps(public, homes, earlier, hidden)]
    steps.append(_without_rows(steps[-1][0], homes, earlier))
    if hidden or public is not before:
        steps.append(_without_standards(steps[-1][0]))
    steps.append(_without_numbers(steps[-1][0], [each.public for each in earlier]))
    return steps[-1][0], sum(count for _, count in steps)


def _hidden_grids(public: PublicReport, before: PublicReport) -> set[tuple[str, str]]:
    """Return (service, grid) of which something is withheld now that the check showed."""
    found = set()
    for now, was in zip(public.summary["coverage"], before.summary["coverage"], strict=True):
        if now["level"] == GRID and now["when"] == NOW and any(now[key] is None and was[key] is not None for key in was):
            found.add((str(now["service"]), str(now["id"])))
    return found


def _small(public: PublicReport) -> int:
    return int(public.summary["settings"]["suppress_below"])


def _without_gaps(
    public: PublicReport, homes: gpd.GeoDataFrame, earlier: Sequence[Earlier], hidden: set[tuple[str, str]]
) -> tuple[PublicReport, int]:
    gaps = public.gaps
    drawn = _drawn(gaps)
    touched = [
        any((service, grid) in hidden for grid in ids) for service, ids in zip(gaps["service"], gaps["grid_ids"], strict=True)
    ]
    whole = drawn & np.array(touched, dtype=bool)
    for service in dict.fromkeys(gaps["service"]):
        of_it = drawn & (gaps["service"] == service).to_numpy()
        uncovered = homes[homes[f"status_{service}"].astype(str) == "uncovered"]
        for each in earlier:
            whole[of_it] |= _moved(public, gaps[of_it], uncovered, homes, each)
    if not whole.any():
        return public, 0
    shown = without_gaps(gaps, whole)
    shown["grid_ids"] = [list(ids) for ids in shown["grid_ids"]]
    summary = {**public.summary, "gaps": records(shown.drop(columns="geometry"))}
    return replace(public, gaps=shown.reset_index(drop=True), summary=summary), int(whole.sum())


def _drawn(gaps: gpd.GeoDataFrame) -> Flags:
    return np.array([shape is not None and not shape.is_empty for shape in gaps.geometry], dtype=bool)


def _moved(
    public: PublicReport, gaps: gpd.GeoDataFrame, uncovered: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, then: Earlier
) -> Flags:
    """Return which gaps of a service tell few households beside those of an earlier publication."""
    service, crs = gaps["service"].iloc[0], public.summary["settings"]["crs"]
    old = then.public.gaps
    old = old[_drawn(old) & (old["service"] == service).to_numpy()]
    shapes = np.concatenate([np.asarray(each.to_crs(crs).geometry) for each in (gaps, old)])
    label, count, small = _together(shapes), len(gaps), _small(public)
    points = np.asarray(uncovered.to_crs(crs).geometry)
    homes_of = [each["households"].to_numpy(dtype=float, na_value=np.nan) for each in (gaps, old)]
    found = np.zeros(count, dtype=bool)
    for group in np.intersect1d(label[:count], label[count:]):
        ours, theirs = label[:count] == group, label[count:] == group
        now, was = shapely.union_all(shapes[:count][ours]), shapely.union_all(shapes[count:][theirs])
        came, went = shapely.difference(now, was), shapely.difference(was, now)
        fell = homes_of[1][theirs].sum() - homes_of[0][ours].sum()
        if _is_few(came, points, small) or (went.area > SAME_M2 and not fell > small + ROUND_GAPS_TO):
            found[ours] = _changed(then, homes, gpd.GeoSeries([shapely.union(now, was)], crs=crs)) <= small
    return found


def _together(shapes: npt.NDArray[np.object_]) -> Ints:
    """Give shapes numbers so that those that share a square have one number."""
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    share = shapely.area(shapely.intersection(shapes[one], shapes[other])) > SAME_M2
    links = sparse.coo_array((np.ones(share.sum()), (one[share], other[share])), shape=(len(shapes), len(shapes)))
    label: Ints = sparse.csgraph.connected_components(links, directed=False)[1].astype(np.int64)
    return label


def _is_few(came: shapely.Geometry, points: npt.NDArray[np.object_], small: int) -> bool:
    """Return whether squares that came hold hardly more uncovered households than a small count, as `privacy` asks of a gap."""
    if came.area <= SAME_M2:
        return False
    shapely.prepare(came)
    squares = np.ceil((came.area - SAME_M2) / SQUARE_M2)
    return bool(shapely.intersects(came, points).sum() - squares < small)


def _changed(then: Earlier, homes: gpd.GeoDataFrame, shape: gpd.GeoSeries, more: Sequence[str] = ()) -> int:
    """Return how many households came into a place, left it or changed in it; zero where nobody knows."""
    if then.households is None:
        return 0
    cell = gpd.GeoDataFrame({"grid_id": ["place"]}, geometry=shape.to_crs(homes.crs).to_numpy(), crs=homes.crs)
    return sum(changed_households(then.households, homes, cell, measures=(*MEASURES[1:], *more)).values())


def _without_rows(public: PublicReport, homes: gpd.GeoDataFrame, earlier: Sequence[Earlier]) -> tuple[PublicReport, int]:
    """Withhold rows of the whole place."""
    seasons = [str(column) for column in homes if str(column).startswith(f"{MEASURES[1]}_")]
    tables, hidden = {name: public.summary[name] for name in NAMED if public.summary.get(name)}, 0
    for each in earlier:
        place = gpd.GeoSeries([shapely.union_all([*public.grids.geometry, *each.public.grids.geometry])], crs=public.grids.crs)
        for name, rows in tables.items():
            changed = _changed(each, homes, place, seasons if name == "seasons" else ())
            few = _few(name, public, each.public, is_any=changed > 0) if changed <= _small(public) else set()
            tables[name] = [_emptied(name, row) if _key(row) in few else row for row in rows]
    hidden = sum(row != public.summary[name][at] for name, rows in tables.items() for at, row in enumerate(rows))
    return (replace(public, summary=public.summary | tables), hidden) if hidden else (public, 0)


def _key(row: Row) -> tuple[str, str]:
    return str(row["service"]), str(row.get("season", ""))


def _emptied(name: str, row: Row) -> Row:
    return {key: value if key in NAMED[name] else None for key, value in row.items()} | {"suppressed": True}


def _few(name: str, now: PublicReport, then: PublicReport, *, is_any: bool) -> set[tuple[str, str]]:
    """Name the rows that an earlier publication shows too and whose counts differ by few; or all of them, if anybody changed."""
    both = [{_key(row): row for row in each.summary.get(name, []) if row != _emptied(name, row)} for each in (now, then)]
    shown = both[0].keys() & both[1].keys()
    sizes = [each.summary["totals"][MEASURES[0]] for each in (now, then)]
    if is_any or None in sizes:
        return shown
    return {key for key in shown if _differs_little(name, [rows[key] for rows in both], sizes, _small(now))}


def _differs_little(name: str, rows: Sequence[Row], sizes: Sequence[int], small: int) -> bool:
    """Return whether one of the counts behind a row, or what lies between two of them, differs by few between then and now."""
    now, then = (_implied(name, row, size) for row, size in zip(rows, sizes, strict=True))
    all_of_it = float(sizes[0] - sizes[1])
    apart = [0.0, all_of_it, *(now[key] - then[key] for key in now.keys() & then.keys())]
    compared = {
        "sensitivity": [one - other for one in apart for other in apart],
        "radius": [*apart, all_of_it - sum(apart[2:])],
        "seasons": apart,
    }
    slack = {"sensitivity": 2 * max(sizes) * 10.0**-SHARE_DECIMALS, "radius": 0.0, "seasons": ROUND_GAPS_TO}
    return any(CLOSE < abs(each) <= small + slack[name] for each in compared[name])


def _implied(name: str, row: Row, size: float) -> dict[str, float]:
    """Return the counts that a row tells."""
    if name == "seasons":
        people, share = row["persons"], row["share"]
        return {"persons": people} if share is None else {"covered": people * share, "uncovered": people * (1 - share)}
    if name == "radius":
        return {key: float(row[key]) for key in ("both", "only_radius", "only_walking") if row[key] is not None}
    return {key: row[key] * size for key in row if key.startswith("share") and row[key] is not None}


def _without_standards(public: PublicReport) -> tuple[PublicReport, int]:
    """Withhold every standard and stated size about people."""
    tables = {
        name: [empty(row) if row.get(PEOPLE, True) else row for row in public.summary[name]]
        for name, empty in (("standards", _emptied_standard), ("stated", _emptied_size))
        if name in public.summary
    }
    hidden = sum(row != public.summary[name][at] for name, rows in tables.items() for at, row in enumerate(rows))
    return (replace(public, summary=public.summary | tables), hidden) if hidden else (public, 0)


def _emptied_size(row: Row) -> Row:
    return row | dict.fromkeys(("found", "share_found", "is_equal"))


def _emptied_standard(row: Row) -> Row:
    nothing = dict.fromkeys(("passed", "failed", "incomplete", "share"))
    return row | nothing | {"withheld": row["subjects"], "failures": []}


def _without_numbers(public: PublicReport, earlier: Sequence[PublicReport]) -> tuple[PublicReport, int]:
    """Withhold how many households are in no grid, on a border or disagree, and how many rows there are, where few differ."""
    numbers = _numbers(public)
    others = [_numbers(each) for each in earlier]
    few = {
        key
        for key, number in numbers.items()
        for other in others
        if number is not None and other.get(key) is not None and 1 <= abs(number - other[key]) <= _small(public)
    }
    if few & {"outside", *LINKED}:
        few |= {"outside", *LINKED}
    if not few:
        return public, 0
    totals = public.summary["totals"] | {key: None for key in few if key not in LINKED}
    inputs = [
        {**row, **{key: None for key in few if key in LINKED}} if row["table"] == "households" else row
        for row in public.summary["inputs"]
    ]
    return replace(public, summary={**public.summary, "totals": totals, "inputs": inputs}), len(few)


def _numbers(public: PublicReport) -> dict[str, Any]:
    totals = {key: public.summary["totals"].get(key) for key in ("outside", "on_border", "disagreements")}
    rows: Row = next((row for row in public.summary["inputs"] if row["table"] == "households"), {})
    return totals | {key: rows.get(key) for key in LINKED}
