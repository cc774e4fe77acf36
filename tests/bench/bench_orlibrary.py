"""The standard test sets of location problems against their published best answers; on demand, all of them.

    GEOGRID_OR_LIBRARY=FOLDER python -m tests.bench.bench_orlibrary [pmed] [centre] [scp] [sjc] [--most N]

``FOLDER`` holds pmed1.txt … pmed40.txt and scp41.txt … of the OR-Library, and SJC324.txt … of Lorena and Pereira; what is not
there is left out. Prints a line an instance, and at last how many are equal and proven.
"""

from __future__ import annotations

import argparse
import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.effort import Effort
from geogrid.locating.choose import locate
from tests import orlibrary_cases as published

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.locating.problem import Located

    Case = tuple[str, float, Located]


def medians(folder: Path, model: str = "p_median") -> Iterator[Case]:
    """Yield pmed1 … pmed40 as medians or as centres."""
    best = {"p_median": published.MEDIANS, "p_centre": published.CENTRES}[model]
    for number, value in enumerate(best, start=1):
        file = folder / f"pmed{number}.txt"
        if file.exists():
            location, sites = published.median(file)
            yield f"{model} {file.stem}", value, locate(model, location, sites=sites, effort=Effort())


def covers(folder: Path) -> Iterator[Case]:
    """Yield the set covering problems."""
    for name, value in published.COVERS.items():
        file = folder / f"{name}.txt"
        if file.exists():
            yield f"lscp {name}", value, locate("lscp", published.cover(file), effort=Effort())


def coverings(folder: Path) -> Iterator[Case]:
    """Yield the maximal covering problems."""
    for (name, radius), values in published.COVERED.items():
        file = folder / f"{name}.txt"
        for sites, value in enumerate(values, start=1) if file.exists() else ():
            location = published.covering(file, radius)
            yield f"mclp {name} p={sites}", value, locate("mclp", location, sites=sites, effort=Effort())


SETS = {
    "pmed": medians,
    "centre": lambda folder: medians(folder, "p_centre"),
    "scp": covers,
    "sjc": coverings,
}


def main() -> None:
    """Run the sets that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", nargs="*", help=", ".join(SETS))
    parser.add_argument("--most", type=int, help="so many of each set at most")
    options = parser.parse_args()
    folder = Path(os.environ["GEOGRID_OR_LIBRARY"])
    for name in options.sets or SETS:
        equal, count = 0, 0
        for case, value, found in islice(SETS[name](folder), options.most):
            is_equal = found.proof == "optimal" and abs(found.value - value) <= 1e-6 * abs(value)
            equal, count = equal + is_equal, count + 1
            print(f"{case:<20}{found.value:>10g} of {value:>6g}  {found.proof:<8} {found.seconds:7.2f} s", flush=True)
        print(f"{name}: {equal} of {count} equal and proven", flush=True)


if __name__ == "__main__":
    main()
