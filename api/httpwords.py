"""What the library says to people at a command line, said to who asks over HTTP: addresses for commands, fields for options.

Messages of the library name the remedy as a command takes it (``--parts 3``, ``geogrid import``). Over HTTP the same remedies are
fields of bodies and other addresses; what only somebody at the machine can do (``geogrid verify``, ``geogrid backup``) stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESSES: Mapping[str, str] = {
    "check": "POST /api/v1/checks",
    "history": "GET /api/v1/versions",
    "import": "POST /api/v1/imports",
    "key list": "GET /api/v1/keys",
    "plan export": "GET /api/v1/plans/…/file",
    "plan list": "GET /api/v1/plans",
    "plan rebase": "POST /api/v1/plans/…/rebase",
    "propose grids": "POST /api/v1/proposals",
    "whatif": "POST /api/v1/what-ifs",
}
"""Where commands are over HTTP."""

FIELDS: Mapping[str, tuple[str, str]] = {
    "accept": ("accept", ""),
    "accept-withheld": ("accept_withheld", ""),
    "along": ("along", "straight"),
    "centres": ("centres", "villages|facilities"),
    "datum": ("datum", "wgs84|gcj02|bd09"),
    "effective": ("effective", r"\d{4}-\d\d-\d\d"),
    "kind": ("unit_kind", ""),
    "moves": ("moves", r"\d+"),
    "on": ("on", r"\d{4}-\d\d-\d\d"),
    "parts": ("parts", r"\d+|N(?!\w)"),
    "plan": ("plan", ""),
    "radius": ("radius_m", r"\d+"),
    "restaff": ("restaff", ""),
    "same-people": ("same_people", ""),
    "touching": ("touching", ""),
    "villages": ("villages", r"\d+-\d+"),
}
"""Options with their fields, and what their values look like where a message gives one."""

COMMAND = re.compile(f"`?geogrid ({'|'.join(sorted(ADDRESSES, key=len, reverse=True))})(?![\\w-])`?")
BY_TABLE = re.compile(r"--datum (\w+)=(\w+)( (?:或|or) )(\w+)=(\w+)")
OPTION = re.compile(
    "|".join(f"(?<![\\w-])--{name}(?![\\w-])" + (f"(?: (?:{value}))?" if value else "") for name, (_, value) in FIELDS.items())
)


def over_http(text: Text) -> Text:
    """Return a message of the library as it is said over HTTP.

    Examples
    --------
    >>> over_http(Text("请用 --parts 3 或更少", "say --effective 2026-12-01, or a later day (geogrid plan rebase)"))
    Text(zh='请用 "parts": 3 或更少', en='say "effective": "2026-12-01", or a later day (POST /api/v1/plans/…/rebase)')
    """
    return Text(_said(text.zh), _said(text.en))


def _said(message: str) -> str:
    if "--" not in message and "geogrid " not in message:
        return message
    message = COMMAND.sub(lambda found: ADDRESSES[found[1]], message)
    message = BY_TABLE.sub(r'"datum": {"\1": "\2"}\3{"\4": "\5"}', message)
    return OPTION.sub(_field, message)


def _field(found: re.Match[str]) -> str:
    name, _, value = found[0].removeprefix("--").partition(" ")
    return f'"{FIELDS[name][0]}"' + (f": {_value(value)}" if value else "")


def _value(value: str) -> str:
    if re.fullmatch(r"\d+-\d+", value):
        return f"[{value.replace('-', ', ')}]"
    return value if value.isdecimal() or value == "N" else f'"{value}"'
