"""Lattice places along streets: none is missed, none is far, and the lattice stays where it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import InputError
from geogrid.results import Network
from geogrid.sampling import Sampling, sample_streets
from tests.streets import ANY_WAY, random_town, segments, town

SPACING = 3.0


def places(sampling: Sampling) -> set[tuple[int, int]]:
    return {(round(x / sampling.spacing_m), round(y / sampling.spacing_m)) for x, y in zip(sampling.x, sampling.y, strict=True)}


def from_streets(network: Network, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(shapely.distance(segments(network)[:, None], shapely.points(x, y)).min(axis=0))


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_all_places_within_reach_are_sampled_and_none_far_beyond(data: st.DataObject) -> None:
    network = data.draw(random_town(ANY_WAY))
    within = data.draw(st.sampled_from([1.0, 4.5, 10.0]))
    sampling = sample_streets(network, within_m=within, spacing_m=SPACING)
    away = from_streets(network, sampling.x, sampling.y)
    assert away.max() <= within + 3 * SPACING
    low = np.floor(np.array([sampling.x.min(), sampling.y.min()]) / SPACING).astype(int) - 3
    high = np.ceil(np.array([sampling.x.max(), sampling.y.max()]) / SPACING).astype(int) + 3
    column, row = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    near = from_streets(network, column.ravel() * SPACING, row.ravel() * SPACING) <= within
    assert set(zip(column.ravel()[near].tolist(), row.ravel()[near].tolist(), strict=True)) <= places(sampling)
    rows, columns = sampling.shape
    assert not set(np.unique(sampling.at // columns)) & {0, rows - 1}
    assert not set(np.unique(sampling.at % columns)) & {0, columns - 1}
    assert (np.diff(sampling.at) > 0).all()


def test_the_lattice_does_not_move_with_the_streets() -> None:
    alone = sample_streets(town([(0, 0), (100, 0)]), within_m=30, spacing_m=7)
    more = sample_streets(town([(0, 0), (100, 0)], [(-513, 77), (-600, 80)]), within_m=30, spacing_m=7)
    assert places(alone) < places(more)
    assert sample_streets(town([(0, 0), (100, 0)]), within_m=30, spacing_m=7).points().crs == alone.crs


def test_only_the_wanted_segments_are_sampled() -> None:
    both = town([(0, 0), (100, 0)], [(1000, 0), (1100, 0)])
    first = sample_streets(both, within_m=30, segments=both.x[both.tail] < 500_500)
    assert first.x.max() < 500_200
    none = sample_streets(both, within_m=30, segments=np.zeros(2, dtype=bool))
    assert (len(none.at), len(none.x), none.shape, len(none.points())) == (0, 0, (0, 0), 0)


def test_a_lattice_of_too_many_points_is_widened() -> None:
    network = town([(0, 0), (3000, 2000)])
    fine = sample_streets(network, within_m=100, spacing_m=10)
    wide = sample_streets(network, within_m=100, spacing_m=10, max_points=1000)
    assert fine.spacing_m == 10
    assert len(fine.at) > 5000
    assert wide.spacing_m > 20
    assert 700 < len(wide.at) <= 1000


def test_far_apart_streets_do_not_fill_the_memory() -> None:
    sampling = sample_streets(town([(0, 0), (10, 0)], [(900_000, 900_000), (900_010, 900_000)]), within_m=50, spacing_m=10)
    assert sampling.shape[0] * sampling.shape[1] < 9_100_000
    assert sampling.spacing_m > 200


@pytest.mark.parametrize(
    "wrong", [{"within_m": 0}, {"within_m": 5, "spacing_m": -1}, {"within_m": 5, "max_points": float("nan")}]
)
def test_numbers_must_be_positive(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(reversed(wrong))):
        sample_streets(town([(0, 0), (10, 0)]), **wrong)  # type: ignore[arg-type]
