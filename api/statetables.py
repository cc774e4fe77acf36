"""The tables of the service's own file. Times are UTC, ISO text to the microsecond; lists and records are JSON text."""

from __future__ import annotations

import sqlalchemy as sa

VERSION = 1
"""Of the layout; raise it with a step that brings older files along."""

METADATA = sa.MetaData()


def _table(name: str, *columns: sa.Column[object]) -> sa.Table:
    return sa.Table(name, METADATA, *columns)


def _text(name: str, *, null: bool = False, **more: bool) -> sa.Column[object]:
    return sa.Column(name, sa.Text, nullable=null, **more)  # type: ignore[arg-type]


KEYS = _table(
    "keys",
    _text("key_id", primary_key=True),  # public part of the key, shown in lists and the audit trail
    _text("name"),  # whose it is, for people
    _text("digest"),  # hex SHA-256 of the secret part: it is 256 random bits
    _text("role"),  # viewer, planner, admin
    _text("areas"),  # JSON list of area ids; [] is everywhere
    _text("created_at"),
    _text("expires_at", null=True),
    _text("revoked_at", null=True),
)

SESSIONS = _table(
    "sessions",
    _text("digest", primary_key=True),  # of the cookie
    _text("key_id"),
    _text("csrf"),
    _text("created_at"),
    _text("expires_at"),
)

AUDIT = _table(
    "audit",
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    _text("at"),
    _text("who"),  # key_id, or "loopback", or "cli"
    _text("action"),  # such as read_households, adopt, create_key, revoke_key, erase, import
    _text("of"),  # what of: a plan, a collection, a number of rows; never a household's id or place
    _text("detail"),  # JSON
    _text("previous"),  # hash of the row before
    _text("hash"),
    _text("hmac"),  # "" without a key file
)

JOBS = _table(
    "jobs",
    _text("job_id", primary_key=True),
    _text("kind"),  # check, proposal, import, export, publication ...
    _text("asked"),  # JSON: what was asked, validated
    _text("who"),  # key_id of who asked
    _text("areas"),  # JSON: the asker's scope at that time
    _text("status"),  # waiting, running, done, failed, cancelled
    _text("step"),  # JSON Text of the step under way
    sa.Column("share", sa.Float, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),  # goes up with every change: ETag and event id
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("pid", sa.Integer),
    _text("started_at", null=True),  # of the last try
    _text("beat_at", null=True),
    sa.Column("cancel", sa.Boolean, nullable=False),
    _text("result", null=True),  # JSON: what may be told without opening the job's folder
    _text("problem", null=True),  # JSON Text of the error
    _text("created_at"),
    _text("ended_at", null=True),
)

UPLOADS = _table(
    "uploads",
    _text("upload_id", primary_key=True),
    _text("name"),  # as the sender calls it: for display only
    _text("who"),
    sa.Column("bytes", sa.Integer, nullable=False),
    _text("sha256"),
    _text("created_at"),
)

ANSWERED = _table(
    "answered",
    _text("who", primary_key=True),
    _text("key", primary_key=True),  # Idempotency-Key
    _text("asked"),  # hash of method, address and body
    sa.Column("status", sa.Integer),  # null while under way
    _text("headers", null=True),
    sa.Column("body", sa.LargeBinary),
    _text("created_at"),
)

PLANS = _table(
    "plans",
    _text("plan_id", primary_key=True),  # of the workspace
    _text("areas"),  # JSON list of the areas that it may touch; a plan without a row, or with [], is of the whole town
    _text("who"),
    _text("created_at"),
)

SIGNING = _table(
    "signing",
    _text("kid", primary_key=True),
    _text("secret"),  # of embed tokens (HS256)
    _text("created_at"),
    _text("retired_at", null=True),
)
