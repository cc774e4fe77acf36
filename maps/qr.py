"""QR codes as SVG, drawn from their modules; `segno` works out which are dark."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import segno

from maps.markup import Html, element

QUIET = 4
"""Free modules that a code needs around it."""


def qr_code(content: str) -> Html | None:
    """Return a QR code as a square SVG with its quiet zone, one unit a module; None where the content is too long for one.

    Examples
    --------
    >>> qr_code("https://grids.example/grids/A")[:41]
    '<svg viewBox="0 0 37 37" class="qr" role='
    """
    matrix = _matrix(content)
    if not matrix:
        return None
    side = len(matrix) + 2 * QUIET
    dark = "".join(_runs(line, row + QUIET) for row, line in enumerate(matrix))
    window = {"viewBox": f"0 0 {side} {side}"}
    ground = element("rect", width=side, height=side, fill="#ffffff")
    modules = element("path", d=dark, shape_rendering="crispEdges")
    return element("svg", ground, modules, **window, class_="qr", role="img", aria_label=content)


@lru_cache(maxsize=4096)
def _matrix(content: str) -> tuple[bytes, ...]:
    """Return the modules of a code, 1 for dark; none where the content is too long for one."""
    try:
        return tuple(bytes(line) for line in segno.make_qr(content, error="m").matrix)
    except segno.DataOverflowError:
        return ()


def _runs(line: bytes, row: int) -> str:
    """Return a row of modules as path data, dark ones beside each other as one."""
    ends = [0, *(at for at in range(1, len(line)) if line[at] != line[at - 1]), len(line)]
    return "".join(f"M{i + QUIET} {row}h{j - i}v1h{i - j}z" for i, j in pairwise(ends) if line[i])


def modules(content: str) -> int:
    """Return how many modules a text's code is wide, its quiet zone included; 0 where there is no code.

    Examples
    --------
    >>> modules("https://grids.example/grids/A"), modules("")
    (37, 0)
    """
    matrix = _matrix(content) if content else ()
    return len(matrix) + 2 * QUIET if matrix else 0
