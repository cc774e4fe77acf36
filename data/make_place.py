"""Make the example of a place: a made-up territory of the size and structure that its profile states, with known faults in it.

``python data/make_place.py fushan --out DIR`` writes the tables that a planner would bring, README.txt, and faults.json, which
lists every planted fault. The same place and seed give the same bytes. Geometry, people and staff are invented.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # run as a script: the modules beside this one, and the product

from _place_across import with_areas_across  # noqa: E402
from _place_faults import with_faults  # noqa: E402
from _place_files import files  # noqa: E402
from _place_matters import with_events, with_grades, with_words  # noqa: E402
from _place_people import with_households, with_projects  # noqa: E402
from _place_recipes import RECIPES  # noqa: E402
from _place_spots import with_spots  # noqa: E402
from _place_staff import with_staff  # noqa: E402
from _place_venues import with_facilities  # noqa: E402
from _place_world import make_world  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from _place_world import World

SEED = 20261122
STEPS = (
    *(with_households, with_areas_across, with_projects, with_words, with_facilities, with_staff, with_grades, with_faults),
    *(with_spots, with_events),
)
"""What is made, in order."""


def make_place(place: str, *, seed: int = SEED) -> World:
    """Return the example of a place as its maker knows it.

    Parameters
    ----------
    place : str
        A profile that has a recipe in ``_place_recipes``.
    seed : int
        The same seed makes the same place.

    Raises
    ------
    ValueError
        If no recipe is called so, or the profile's sizes leave no room for each other.
    """
    if place not in RECIPES:
        raise ValueError(f"there is no recipe for {place!r}; known: {', '.join(RECIPES)}")
    world = make_world(place, RECIPES[place], seed=seed)
    for step in STEPS:
        world = step(world)
    return world


def write_place(world: World, folder: Path) -> Mapping[str, int]:
    """Write every file of an example into a folder, and return the bytes of each."""
    folder.mkdir(parents=True, exist_ok=True)
    made = files(world)
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return {name: len(content) for name, content in made.items()}


def main(arguments: Sequence[str]) -> int:
    """Make a place as the command line asks; return the exit code."""
    parser = argparse.ArgumentParser(description="Make the made-up example of a place.")
    parser.add_argument("place", choices=sorted(RECIPES))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    folder = asked.out or Path(f"{asked.place}-example")
    sizes = write_place(make_place(asked.place, seed=asked.seed), folder)
    print(json.dumps({"folder": str(folder), "files": sizes}, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
