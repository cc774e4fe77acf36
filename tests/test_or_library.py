"""Published best answers of the standard test sets; the others run in ``bench/bench_orlibrary.py``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geogrid.effort import Effort
from geogrid.locating.choose import locate
from tests import orlibrary_cases as published

FOLDER = Path(__file__).parent / "orlibrary"


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_medians_are_the_published_ones(number: int) -> None:
    location, sites = published.median(FOLDER / f"pmed{number}.txt")
    found = locate("p_median", location, sites=sites, effort=Effort())
    assert (found.value, found.bound, found.proof) == (published.MEDIANS[number - 1], found.value, "optimal")
    cost = location.pairs.cost.reshape(len(location.weight), -1)
    assert len(found.chosen) <= sites
    assert cost[:, found.chosen].min(axis=1).sum() == found.value
    assert np.array_equal(cost[np.arange(len(cost)), found.assigned], cost[:, found.chosen].min(axis=1))


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_centres_are_the_published_ones(number: int) -> None:
    location, sites = published.median(FOLDER / f"pmed{number}.txt")
    found = locate("p_centre", location, sites=sites, effort=Effort())
    assert (found.value, found.proof) == (published.CENTRES[number - 1], "optimal")


@pytest.mark.parametrize("name", ["scp41", "scpe1"])
def test_covers_are_the_published_ones(name: str) -> None:
    location = published.cover(FOLDER / f"{name}.txt")
    found = locate("lscp", location, effort=Effort())
    assert (found.value, found.proof) == (published.COVERS[name], "optimal")
    assert (location.matrix[:, found.chosen].sum(axis=1) > 0).all()
