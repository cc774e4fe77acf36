"""What the help says of one option."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from geogrid.words import Text


class Option(NamedTuple):
    """What stands after an option, and what it does."""

    value: str
    says: Text
