"""Seconds per step and peak memory of a whole check of a place, with its report, maps and cards, against the aim; on demand.

    python -m tests.bench.bench_place [PLACE]

Makes the place's example (by default the largest one) and checks it in a process of its own, as ``geogrid place`` does. The last
lines compare the whole with a plain geopandas join of its households with its grids, in the same process. Seconds of the
processor are those of all threads and of the processes that read the files: on a busy machine go by them.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from api import jobs, places
from api.terminal import Tell, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

    from geogrid.words import Text

LARGEST = "lufeng"
AIM_S, AIM_GB = 60.0, 4.0
BETWEEN = "place"
"""What runs between the steps that are told: the place's own tests, which time themselves."""
REPEATS = 3


def processor_s() -> float:
    """Return the seconds of the processor that this process and those it started have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@dataclass
class Steps:
    """Adds up seconds by step, by the clock and of the processor, from one call to the next."""

    spent: dict[str, tuple[float, float]] = field(default_factory=dict)
    running: str = BETWEEN
    last: tuple[float, float] = field(default_factory=lambda: (time.perf_counter(), processor_s()))

    def __call__(self, step: str, share: float, note: str = "") -> None:  # noqa: ARG002
        """Give what passed to the step that was running."""
        now, (clock, processor) = (time.perf_counter(), processor_s()), self.spent.get(self.running, (0.0, 0.0))
        self.spent[self.running] = (clock + now[0] - self.last[0], processor + now[1] - self.last[1])
        self.running, self.last = (step if share < 1 else BETWEEN), now


@dataclass(frozen=True)
class Listening(Terminal):
    """A terminal that shows nothing and adds up the steps."""

    steps: Steps

    @contextmanager
    def progress(self, steps: Mapping[str, Text]) -> Iterator[Tell]:
        """Yield what adds up."""
        del steps
        yield self.steps


def plain_join(households: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> float:
    """Return the least seconds that geopandas takes to find the grid of every household."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        households[["geometry"]].sjoin(grids[["grid_id", "geometry"]], predicate="within")
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def one(place: str, example: Path, out: Path) -> None:
    """Check one place and print a line per step."""
    files = {table: example / name for table, name in places.FILES.items() if (example / name).is_file()}
    silent, steps = Console(file=io.StringIO()), Steps()
    start = steps.last
    report = jobs.run_check(Listening("zh", silent, silent, steps), out, {**files, "profile": place}, has_cards=True)
    clock, processor = time.perf_counter() - start[0], processor_s() - start[1]
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024**2
    print(f"{place}: {len(report.inputs['grids']):,} grids, {len(report.households):,} households")
    print(f"{'step':<14} {'seconds':>8} {'processor':>10}")
    for step, (seconds, of_processor) in steps.spent.items():
        print(f"{step:<14} {seconds:>8.2f} {of_processor:>10.2f}")
    for step, seconds in report.place_report.seconds.items():
        print(f"  {step:<12} {seconds:>8.2f}")
    print(f"{'all':<14} {clock:>8.2f} {processor:>10.2f}   aim: under {AIM_S:.0f} s: {'met' if clock < AIM_S else 'MISSED'}")
    print(f"{'GB at most':<14} {peak:>8.2f} {'':>10}   aim: under {AIM_GB:.0f} GB: {'met' if peak < AIM_GB else 'MISSED'}")
    join = plain_join(report.inputs["households"], report.inputs["grids"])
    print(f"{'plain join':<14} {join:>8.2f} {'':>10}   the whole is {clock / join:.0f} times that")


def main(place: str = LARGEST) -> None:
    """Make the example and check it in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        example, out = Path(folder) / "example", Path(folder) / "out"
        places.make_example(place, example)
        subprocess.run([sys.executable, "-m", "tests.bench.bench_place", "--one", place, str(example), str(out)], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(*sys.argv[1:2])
