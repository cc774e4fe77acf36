"""Scripts and styles of the pages: Leaflet from its Python package, ours from ``static``; data as one inert block of JSON.

Nothing here is a template. Text travels as data only: `data_block` escapes whatever could end the block or wake a template
engine.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xstatic.pkg import leaflet

if TYPE_CHECKING:
    from collections.abc import Mapping

SCRIPTS = (
    "decode.js",
    "basemap.js",
    "symbols.js",
    "controls.js",
    "draw.js",
    "labels.js",
    "panel.js",
    "views.js",
    "search.js",
    "coverage.js",
)
"""Our scripts of the coverage map in the order in which they run; each adds to the one global object ``geogrid``."""
STYLES = ("coverage.css",)
"""Its style sheets; other pages name their own."""

_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]|\\{(?=[{%#])")


@cache
def static(name: str) -> str:
    """Return a file of ``maps/static``."""
    return files("maps").joinpath("static", name).read_text(encoding="utf-8")


@cache
def scripts(names: tuple[str, ...] = SCRIPTS) -> tuple[str, ...]:
    """Return a page's scripts: Leaflet, then ours as one."""
    code = _leaflet("leaflet.js")
    return re.sub(r"\n?//# sourceMappingURL=.*\s*$", "\n", code), "\n".join(static(name) for name in names)


@cache
def styles(names: tuple[str, ...] = STYLES) -> tuple[str, ...]:
    """Return a page's style sheets: Leaflet's without its pictures (no default marker is used), then ours."""
    return re.sub(r"url\([^)]*\)", "none", _leaflet("leaflet.css")), *(static(name) for name in names)


def _leaflet(name: str) -> str:
    return (Path(leaflet.BASE_DIR) / name).read_text(encoding="utf-8")


def data_block(value: object) -> str:
    r"""Return a value as JSON that no HTML parser, script or template engine can mistake for anything else.

    Examples
    --------
    >>> print(data_block({"name": "</script>{{7*7}}"}))
    {"name":"\u003c/script\u003e\u007b{7*7}}"}
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def fingerprint(content: str) -> str:
    """Return the Content-Security-Policy source of an inline script or style.

    Examples
    --------
    >>> fingerprint("alert(1)")
    "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
    """
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def policy(run: tuple[str, ...], look: tuple[str, ...], allowed: tuple[str, ...] = ()) -> str:
    """Return a policy that lets exactly these inline scripts and styles act, and nothing be fetched or sent but what is named.

    ``allowed`` are more directives, such as ``connect-src 'self'``; one that is there already is replaced.
    """
    more = {directive.partition(" ")[0]: directive for directive in allowed}
    own = (
        "default-src 'none'",
        f"script-src {' '.join(map(fingerprint, run))}",
        f"style-src {' '.join(map(fingerprint, look))}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(({directive.partition(" ")[0]: directive for directive in own} | more).values())


def document(  # noqa: PLR0913 -- a page has these parts
    data: Mapping[str, Any],
    body: str,
    run: tuple[str, ...],
    look: tuple[str, ...],
    *,
    classes: str = "",
    head: str = "",
    after: str = "",
    allowed: tuple[str, ...] = (),
) -> str:
    """Return a page in one file: data as an inert block, scripts and styles inline and named in its policy.

    Parameters
    ----------
    data : mapping
        What the page shows; its ``lang`` is the page's language.
    body : str
        The file of ``static`` that holds the page's elements.
    run, look : tuple of str
        Scripts in the order in which they run, and style sheets.
    classes : str
        Of the body.
    head, after : str
        More of the head, and what stands behind the elements.
    allowed : tuple of str
        More directives of its policy.
    """
    return "\n".join(
        (
            "<!DOCTYPE html>",
            f'<html lang="{"zh-CN" if data["lang"] == "zh" else "en"}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy(run, look, allowed)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">',
            '<meta name="referrer" content="no-referrer">',
            "<title>geogrid</title>",
            *(f"<style>{style}</style>" for style in look),
            head,
            "</head>",
            f"<body class={classes}>" if classes else "<body>",
            static(body),
            after,
            f'<script type="application/json" id="geogrid-data">{data_block(data)}</script>',
            *(f"<script>{script}</script>" for script in run),
            "</body>",
            "</html>",
            "",
        )
    )
