"""Modules that are loaded when something of them is first used, so that a small question does not wait for every library."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Late:
    """A module by its name, to stand where it would be imported; type checkers see the import itself.

    Examples
    --------
    >>> fractions = Late("fractions")
    >>> fractions.Fraction(1, 2)
    Fraction(1, 2)
    """

    def __init__(self, name: str) -> None:
        self.late_name = name

    def __getattr__(self, name: str) -> Any:
        """Load the module, unless it is loaded, and return what it calls so."""
        return getattr(import_module(self.late_name), name)


class Later:
    """A function by its module and its name: the module is loaded when the function is first called.

    Examples
    --------
    >>> Later("math", "hypot")(3, 4)
    5.0
    """

    def __init__(self, module: str, function: str) -> None:
        self.module, self.function = module, function

    def __call__(self, *given: Any, **options: Any) -> Any:
        """Call the function."""
        return getattr(import_module(self.module), self.function)(*given, **options)


def named(homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package whose names stand in modules of it: by name, the module.

    Examples
    --------
    >>> named({"Fraction": "fractions"})("Fraction")
    <class 'fractions.Fraction'>
    """

    def found(name: str) -> Any:
        if name not in homes:
            raise AttributeError(name)
        return getattr(import_module(homes[name]), name)

    return found
