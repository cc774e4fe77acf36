"""What can go wrong, as a small tree; every message exists in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geogrid.words import Lang, Text


class GeogridError(Exception):
    """Anything the user can mend; ``message`` names the value, what was expected and what to do.

    Examples
    --------
    >>> from geogrid.words import Text
    >>> str(GeogridError(Text("没有网格", "no grids")))
    'no grids'
    """

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message

    def say(self, lang: Lang) -> str:
        """Return the message in one language."""
        return self.message.say(lang)


class InputError(GeogridError, ValueError):
    """A file or table that cannot be used as a whole."""


class CrsError(InputError):
    """A missing, mixed or unsuitable coordinate reference system."""


class DatumError(InputError):
    """A datum that cannot be told, or does not fit."""


class ProfileError(GeogridError, ValueError):
    """A profile with a wrong key or value."""


class NotFoundError(GeogridError, LookupError):
    """A name (service, grid, column) that does not exist; the message lists those that do."""


class RefusedError(GeogridError, ValueError):
    """An operation of a plan that a rule does not allow; ``place`` is where, as a geometry in the CRS of the boundaries."""

    def __init__(self, message: Text, place: object = None) -> None:
        super().__init__(message)
        self.place = place


class StoreError(GeogridError):
    """A workspace that cannot be opened, read or written."""


class BusyError(StoreError):
    """Another writer held the workspace for longer than one was ready to wait."""


class ConflictError(StoreError):
    """Somebody else wrote in the meantime: what was to be written rests on an older version or revision."""


class FullError(StoreError):
    """The disk is full, or cannot be written; nothing was changed."""
