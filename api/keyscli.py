"""The commands ``geogrid key …`` and ``geogrid audit``: thin, each calls what does the work and says what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.keyswords import OPTIONS
from api.terminal import Terminal
from api.workspaces import NOT_GOOD, KeyOption, LangOption, WorkspaceArgument
from geogrid.errors import InputError
from geogrid.late import Late
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api import keyswork
else:
    keyswork = Late("api.keyswork")

ROLES = ("viewer", "planner", "admin")
WRONG_ROLE = Text("没有角色“{role}”：可选 {known}", "there is no role {role!r}: choose {known}")

MOST_DAYS, DAYS = 3650, 365
MOST_ROWS, ROWS = 10_000, 50


def create(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    key_name: Annotated[str, typer.Option("--name")],
    key_role: Annotated[str, typer.Option("--role")],
    key_area: Annotated[list[str] | None, typer.Option("--area")] = None,
    key_days: Annotated[int, typer.Option("--days", min=1, max=MOST_DAYS)] = DAYS,
    key: KeyOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Make a key."""
    if key_role not in ROLES:
        raise InputError(WRONG_ROLE.fill(role=key_role, known=", ".join(ROLES)))
    asked = keyswork.Asked(key_name, key_role, tuple(key_area or ()), key_days)
    keyswork.create(Terminal.open(context.obj), (workspace, key), asked)


def list_(context: typer.Context, workspace: WorkspaceArgument, *, lang: LangOption = None) -> None:  # noqa: ARG001
    """List all keys."""
    keyswork.show(Terminal.open(context.obj), (workspace, None))


def revoke(
    context: typer.Context,
    workspace: WorkspaceArgument,
    key_id: Annotated[str, typer.Argument(metavar=OPTIONS["key_id"].value)],
    *,
    key: KeyOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Revoke a key."""
    keyswork.revoke(Terminal.open(context.obj), (workspace, key), key_id)


def audit(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    audit_verify: Annotated[bool, typer.Option("--verify")] = False,
    audit_head: Annotated[str, typer.Option("--head")] = "",
    audit_rows: Annotated[int, typer.Option("--limit", min=1, max=MOST_ROWS)] = ROWS,
    key: KeyOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Show the audit trail, or look at it for changes."""
    terminal, place = Terminal.open(context.obj), (workspace, key)
    if not (audit_verify or audit_head):
        keyswork.entries(terminal, place, audit_rows)
    elif not keyswork.verify(terminal, place, audit_head):
        raise typer.Exit(NOT_GOOD)


KEYS: Mapping[str, Callable[..., None]] = {"create": create, "list": list_, "revoke": revoke}
"""The commands ``geogrid key …``."""
