"""How long a million household rows take to validate. Run on demand: ``python -m tests.bench.bench_schema [rows]``."""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import pandas as pd

from geogrid.schema import validate


def households(rows: int) -> pd.DataFrame:
    """Return clean households as text cells, as a reader of CSV gives them."""
    rng = np.random.default_rng(2)
    persons = rng.integers(1, 7, rows)
    aged = rng.integers(0, 2, rows)
    return pd.DataFrame(
        {
            "户编号": [f"H{number:07d}" for number in range(rows)],
            "经度": [f"{value:.6f}" for value in 117.2 + rng.random(rows) / 10],
            "纬度": [f"{value:.6f}" for value in 28.2 + rng.random(rows) / 10],
            "人口": persons.astype(str),
            "65岁以上": aged.astype(str),
            "0-14岁": np.minimum(persons - aged, rng.integers(0, 3, rows)).astype(str),
            "网格编号": [f"G{number % 3000:04d}" for number in range(rows)],
        },
        index=np.arange(2, rows + 2),
    )


def main(rows: int) -> None:
    """Time clean rows, and rows of which one in ten is bad."""
    clean = households(rows)
    bad = clean.copy()
    bad.iloc[::10, 3] = "三口"
    for label, frame in (("clean", clean), ("one in ten bad", bad), ("clean, object cells", clean.astype(object))):
        start = time.perf_counter()
        result = validate(frame, "households")
        seconds = time.perf_counter() - start
        print(f"{label}: {rows} rows in {seconds:.1f} s, {len(result.table)} good, {len(result.rejected)} problems")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
