"""Every address by every role: what the least role says must be so, whatever the address does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from api.callers import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from api.callers import Role


class Asked(NamedTuple):
    """One address: how it is asked, and the least role that may."""

    method: str
    path: str
    role: Role


def addresses(app: FastAPI, fill: str = "x") -> Iterator[Asked]:
    """Yield every address of a service, with something in the place of its parameters."""
    for route in app.state.routes:
        for method in sorted(route.methods):
            path = re.sub(r"\{[^}]*\}", fill, route.path)
            yield Asked(method, path, route.openapi_extra["x-role"])


def refusal(needed: Role, role: Role) -> int | None:
    """Return with which status somebody of a role must be refused; None where they may."""
    if ROLES.index(role) >= ROLES.index(needed):
        return None
    return 401 if role == "public" else 403
