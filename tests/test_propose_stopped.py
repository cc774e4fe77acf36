"""Proposals that are stopped at once or asked for nonsense: something to show, nothing claimed, and what to do instead."""

from __future__ import annotations

import numpy as np
import pytest

from api import cli
from geogrid.effort import Effort
from geogrid.locating.choose import MODELS, locate
from geogrid.locating.problem import Location, Pairs
from geogrid.plain import plain
from geogrid.zoning import NONE, Zoning
from geogrid.zoningsolve import best, fewest


def stopped() -> Effort:
    """An effort that somebody ended before it began."""
    effort = Effort()
    effort.stop()
    return effort


def line(n: int = 6) -> Zoning:
    """Villages on a line, 1 km apart; zones of two or three within 1 km."""
    ways = np.abs(np.subtract.outer(np.arange(float(n)), np.arange(float(n)))) * 1000
    return Zoning(np.where(ways <= 1000, ways, np.inf), np.arange(n), np.arange(1.0, n + 1), 2, 3)


def test_zones_that_are_stopped_at_once_are_some_and_not_proven() -> None:
    found = best(line(), 1, stopped())
    assert (found.centre != NONE).sum() in {2, 3}
    assert found.aim.proof == "gap"
    assert np.isfinite(found.aim.gap)
    assert line().fits(fewest(line(), stopped()).centre)


@pytest.mark.parametrize("model", MODELS)
def test_sites_that_are_stopped_at_once_claim_no_gap_that_nobody_knows(model: str) -> None:
    """Twelve households in a row, a candidate at each; each reaches its neighbours."""
    at = np.arange(12.0)
    ways = np.abs(np.subtract.outer(at, at))
    demand, candidate = np.nonzero(ways <= 1)
    pairs = Pairs(demand, candidate, ways[demand, candidate])
    location = Location.of(at + 1, pairs, 12, capacity=np.full(12, 20.0))
    limits = {} if model == "lscp" else {"sites": 4}
    found = locate(model, location, **limits, effort=stopped())
    assert found.proof in {"optimal", "gap", "found", "none"}
    assert (found.proof == "gap") <= bool(np.isfinite(found.gap))


def test_what_is_infinite_is_not_written() -> None:
    assert plain({"gap": float("inf"), "bound": np.float64("-inf"), "value": 3.0}) == {"gap": None, "bound": None, "value": 3.0}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["even", "--alternatives", "0"], "--alternatives must be followed by a whole number from 1 to 9"),
        (["merge", "--minimum", "0"], "--minimum must be followed by a whole number, 1 or more"),
        (["grids", "--parts", "x"], "--parts must be followed by a whole number, 1 or more"),
    ],
)
def test_a_wrong_number_is_told_with_its_own_limits(asked: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["propose", asked[0], "w.gpkg", "--out", "o", *asked[1:], "--lang", "en"]) == cli.UNUSABLE
    assert says in capsys.readouterr().err
