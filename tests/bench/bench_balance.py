"""Pieces divided into parts, alone and beside GerryChain and spopt, as ratios in one run; on demand.

    python -m tests.bench.bench_balance [--peers PYTHON] [--seeds 3]

``PYTHON`` is an interpreter with gerrychain (1.0.0) and spopt (0.7.0), in an environment of its own; else only we run.
Units are squares of a lattice with 5 to 59 households each: 400 of them into 33 parts within 3 % of the mean, and 3,000
into 300 within 5 %. *From today*: parts that were even, of which a fifth has grown by 40 %, are brought back to within 15 %
of the old mean; compared are the households that change hands with those that a fresh division, relabelled to today, moves.
Seconds are of the processor; cut edges are pairs of neighbours in different parts.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np

from geogrid.balancing.divide import divide
from geogrid.balancing.figures import figures
from geogrid.balancing.least import even_out
from geogrid.balancing.pieces import Pieces
from geogrid.balancing.wanted import Wanted
from tests.paper_pieces import lattice

CASES = ((20, 20, 33, 0.03), (60, 50, 300, 0.05))
PEERS = ("gerrychain", "ward", "skater")
GROWN, WITHIN = 1.4, 0.15


def units(width: int, height: int, seed: int) -> Pieces:
    households = np.random.default_rng(seed).integers(5, 60, width * height)
    return lattice(width, height, households.tolist())


def around(mean: float, share: float, parts: int | None) -> Wanted:
    return Wanted(ceil(mean * (1 - share)), int(mean * (1 + share)), parts)


def told(name: str, pieces: Pieces, part: np.ndarray, seconds: float) -> None:
    found = figures(pieces, part, Wanted())
    mean = pieces.households.sum() / found.parts
    least = 1 - found.smallest / mean
    print(f"  {name:<22}{seconds:7.2f} s, {found.parts} parts, largest {found.largest_over:6.1%} over the mean, ", end="")
    print(f"smallest {least:6.1%} under, cut edges {found.border_m:.0f}, not connected {found.fragments}")


def fresh(pieces: Pieces, parts: int, share: float, seed: int) -> None:
    start = time.process_time()
    found = divide(pieces, around(pieces.households.sum() / parts, share, parts), seed=seed)
    told("geogrid", pieces, found.part, time.process_time() - start)


def peers(python: str, pieces: Pieces, parts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.npz", Path(folder) / "out.npz"
        pairs = np.column_stack([pieces.first, pieces.second])
        np.savez(source, households=pieces.households, pairs=pairs, parts=parts, x=pieces.x, y=pieces.y)
        for peer in PEERS:
            script = Path(__file__).with_name("peer_balance.py")
            subprocess.run([python, str(script), peer, str(source), str(target)], check=True)
            answer = np.load(target)
            said = json.loads(str(answer["said"]))
            told(f"{peer} {said['version']}", pieces, answer["part"], said["seconds"])


def from_today(pieces: Pieces, parts: int, seed: int) -> None:
    mean = pieces.households.sum() / parts
    today = divide(pieces, around(mean, 0.12, parts), seed=seed + 77).part
    grown = np.random.default_rng(seed).choice(parts, parts // 5, replace=False)
    households = np.where(np.isin(today, grown), (pieces.households * GROWN).astype(np.int64), pieces.households)
    town, wanted = replace(pieces, households=households, today=today), around(mean, WITHIN, None)
    start = time.process_time()
    even = even_out(town, wanted, seed=seed).figures
    spent = time.process_time() - start
    anew = divide(town, wanted, seed=seed).figures
    was = figures(town, today, wanted)
    print(
        f"  from today {spent:.2f} s: out of range {was.out_of_range} of {was.parts} -> {even.out_of_range} of {even.parts}; ",
        end="",
    )
    print(f"moved {even.moved:,} households, fresh {anew.moved:,}: ratio {even.moved / anew.moved:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print(sys.version.split()[0])
    for width, height, parts, share in CASES:
        for seed in range(options.seeds):
            pieces = units(width, height, seed)
            print(f"{len(pieces):,} units into {parts} within {share:.0%}, seed {seed}")
            fresh(pieces, parts, share, seed)
            if options.peers and parts < 100:
                peers(options.peers, pieces, parts)
            from_today(pieces, parts, seed)


if __name__ == "__main__":
    main()
