"""The audit trail: every way of changing it past the program is found (threat 21), and who writes at once makes one chain."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from api import audit
from api.callers import Caller
from api.state import FILE, State
from api.statetables import AUDIT
from geogrid.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEY = b"a key of the workspace's HMACs"
LI = Caller("planner", ("V1",), "k1", "李", "key")


def trail(folder: Path, *, key: bytes | None = None, entries: int = 4) -> State:
    """Make a trail of some entries."""
    state = State.open(folder / "service", key)
    for number in range(entries):
        audit.note(state, LI, "read_households", "households", {"rows": number, "说": "明"})
    return state


def edited(state: State, *statements: str) -> None:
    """Run statements on the file as any program could."""
    with closing(sqlite3.connect(state.folder / FILE, isolation_level=None)) as plain:
        for statement in statements:
            plain.execute(statement)


def test_an_entry_says_who_did_what(tmp_path: Path) -> None:
    state = trail(tmp_path, entries=2)
    newest, oldest = audit.entries(state)
    assert (newest.number, newest.who, newest.action, newest.of) == (2, "k1", "read_households", "households")
    assert (json.loads(newest.detail), newest.previous, oldest.previous) == ({"rows": 1, "说": "明"}, oldest.hash, "")
    assert [each.number for each in audit.entries(state, before=2)] == [1]


def test_the_hash_is_what_the_module_says(tmp_path: Path) -> None:
    """An oracle of its own: SHA-256 of the JSON list of the columns, HMAC of its letters after a fixed word."""
    entry = audit.entries(trail(tmp_path, key=KEY, entries=1))[0]
    told = json.dumps(["1", entry.at, "k1", "read_households", "households", entry.detail, ""], separators=(",", ":"))
    hashed = hashlib.sha256(told.replace('"1"', "1", 1).encode()).hexdigest()
    assert entry.hash == hashed
    assert entry.hmac == hmac.new(KEY, f"geogrid audit\n{hashed}".encode(), "sha256").hexdigest()


@pytest.mark.parametrize("key", [None, KEY])
def test_an_untouched_trail_fits(tmp_path: Path, key: bytes | None) -> None:
    state = trail(tmp_path, key=key)
    found = audit.verify(state, key)
    head = audit.entries(state)[0].hash
    assert found == audit.Verified(4, head, None, 0 if key else 4, is_signed=bool(key))
    assert audit.verify(state, key, head=audit.entries(state)[2].hash).has_head
    assert found.ok


def test_an_empty_trail_fits(tmp_path: Path) -> None:
    assert audit.verify(trail(tmp_path, entries=0), KEY).ok


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE audit SET who = 'k2' WHERE number = 2", 2),
        ("UPDATE audit SET action = 'adopt' WHERE number = 2", 2),
        ("UPDATE audit SET \"of\" = 'units' WHERE number = 2", 2),
        ("UPDATE audit SET detail = '{}' WHERE number = 2", 2),
        ("UPDATE audit SET at = '2020-01-01' WHERE number = 2", 2),
        ("UPDATE audit SET previous = '' WHERE number = 2", 2),
        ("UPDATE audit SET number = 9 WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 1", 1),
        ('INSERT INTO audit SELECT 5, at, who, action, "of", detail, previous, hash, hmac FROM audit WHERE number = 4', 5),
    ],
)
def test_threat_21_every_edit_of_the_trail_is_noticed(tmp_path: Path, statement: str, first: int) -> None:
    state = trail(tmp_path)
    edited(state, statement)
    found = audit.verify(state)
    assert (found.ok, found.first_wrong) == (False, first)


def rewritten(state: State, *, drop: Sequence[int] = ()) -> None:
    """Write the whole trail anew so that its hashes fit, as somebody could who has the file but no key."""
    kept, previous = [each for each in reversed(audit.entries(state)) if each.number not in drop], ""
    edited(state, "DELETE FROM audit")
    with state.writing() as connection:
        for number, each in enumerate(kept, 1):
            row = {name: getattr(each, name) for name in ("at", "who", "action", "of", "detail")}
            row |= {"number": number, "previous": previous}
            previous = audit._hash(row)
            connection.execute(AUDIT.insert().values(**row, hash=previous, hmac=each.hmac))


def test_threat_21_a_trail_written_anew_is_noticed_with_the_key(tmp_path: Path) -> None:
    state = trail(tmp_path, key=KEY)
    rewritten(state, drop=[2])
    assert audit.verify(state).ok, "without the key it fits"
    assert audit.verify(state, KEY).first_wrong == 2
    edited(state, "UPDATE audit SET hmac = ''")
    assert audit.verify(state, KEY).first_wrong == 1, "taking the signatures away does not help"
    assert not audit.verify(state, b"another key that is long").ok


def test_threat_21_an_end_cut_off_is_noticed_with_the_head(tmp_path: Path) -> None:
    state = trail(tmp_path, key=KEY)
    head = audit.verify(state, KEY).head
    edited(state, "DELETE FROM audit WHERE number = 4")
    assert audit.verify(state, KEY).ok
    found = audit.verify(state, KEY, head=head)
    assert (found.ok, found.has_head, found.first_wrong) == (False, False, None)


def test_entries_before_the_key_are_vouched_for_and_none_comes_without_it_afterwards(tmp_path: Path) -> None:
    trail(tmp_path, entries=2).close()
    signed = State.open(tmp_path / "service", KEY)
    assert audit.verify(signed, KEY).first_wrong == 1, "nobody vouches yet"
    audit.note(signed, LI, "adopt")
    assert (audit.verify(signed, KEY).ok, audit.verify(signed, KEY).unsigned) == (True, 2)
    with pytest.raises(StoreError, match="key file"):
        audit.note(State.open(tmp_path / "service"), LI, "adopt")
    assert audit.verify(signed, KEY).entries == 3


def test_who_writes_at_once_makes_one_chain(tmp_path: Path) -> None:
    state = trail(tmp_path, entries=0)
    other = State.open(tmp_path / "service")
    with ThreadPoolExecutor(6) as pool:
        for each in (state, other) * 30:
            pool.submit(audit.note, each, LI, "adopt", "x")
    assert (audit.verify(state).ok, audit.verify(state).entries) == (True, 60)


def test_what_cannot_be_written_is_written_as_well_as_it_can(tmp_path: Path) -> None:
    state = trail(tmp_path, entries=0)
    audit.note(state, LI, "export", "\ud800" + "x" * 500, {"a": "\udfff"})
    assert (audit.entries(state)[0].of, audit.verify(state).ok) == ("?" + "x" * 199, True)
