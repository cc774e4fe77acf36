"""Whatever is changed in a workspace by another program is found, and the table is named."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from geogrid.errors import InputError
from geogrid.profile import load_profile
from geogrid.store import WITHOUT_KEY, open_workspace
from geogrid.workspace import chain
from geogrid.workspace.content import META_HASH, content_of
from geogrid.workspace.definitions import definitions_of, season_ids
from geogrid.workspace.verification import EDITED, NO_LEDGER, Verification, verify
from geogrid.workspace.vouching import ADDED, BLANKED, KEYED, MAC, UNSIGNED, head_problems, spans
from tests.full_workspace import KEY, full_workspace
from tests.workspaces import act, town_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOT_COVERED = {"travel_statuses"}
WHERE_A_ROW_LIES = {"fid", "number"}
DEFINED = definitions_of(4548, season_ids(load_profile("generic")))
CELLS = [
    pytest.param(table.name, column.name, id=f"{table.name}.{column.name}")
    for table in DEFINED.metadata.tables.values()
    for column in table.columns
    if table.name not in NOT_COVERED and column.name not in WHERE_A_ROW_LIES
]
"""Every table and column that the chain covers."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that nobody has touched, in one file."""
    path = tmp_path_factory.mktemp("whole") / "whole.gpkg"
    full_workspace(path).close()
    return path


class Tampered:
    """A plain connection to a copy of a workspace, in memory, and a way to verify what it would leave if it were kept."""

    def __init__(self, path: Path) -> None:
        self.plain = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        with closing(sqlite3.connect(path)) as source:
            source.backup(self.plain)
        self.engine = sa.create_engine("sqlite://", creator=lambda: self.plain, poolclass=sa.pool.StaticPool)
        self.connection = self.engine.connect()

    def close(self) -> None:
        """Forget it."""
        self.connection.close()
        self.engine.dispose()
        self.plain.close()

    def verify(self, **known: Any) -> Verification:
        """Verify what is there now."""
        return verify(self.connection, DEFINED, **known)

    @contextmanager
    def tampering(self) -> Iterator[sqlite3.Connection]:
        """Write past the guards, as anyone can who has the file; forget it afterwards."""
        self.plain.execute("SAVEPOINT before")
        self.plain.execute("INSERT INTO meta VALUES ('writing', '')")
        yield self.plain
        self.plain.execute("ROLLBACK TO before")
        self.plain.execute("RELEASE before")

    def found(self, **known: Any) -> Verification:
        """Verify while tampering."""
        self.plain.execute("DELETE FROM meta WHERE key = 'writing'")
        return self.verify(**known)


@pytest.fixture(scope="module")
def tampered(whole: Path) -> Iterator[Tampered]:
    made = Tampered(whole)
    yield made
    made.close()


def others(value: Any) -> list[tuple[str, Any]]:
    """What another program might put in place of a value: SQL with a value for it."""
    made: list[Any] = [None, "x"]
    match value:
        case str():
            made += [value + " "]
        case int():
            made += [value + 1]
        case float():
            made += [value + 1e-9]
        case bytes():
            places = {0, 3, 4, len(value) // 3, len(value) - 1}
            made += [bytes([*value[:at], value[at] ^ 1, *value[at + 1 :]]) for at in places]
            made += [value + b"\0", b""]
    return [*(("?", each) for each in made if each != value), ("CAST(? AS TEXT)", b"\xff\xfe")]


def changes(plain: sqlite3.Connection, table: str, column: str) -> list[tuple[int, str, Any]]:
    """Rows of a table (their numbers in the file) with what may be put into a cell: all of it in the first."""
    rows = plain.execute(f"SELECT rowid, {column} FROM {table}{of_plan(table)}").fetchall()  # noqa: S608 - our own names
    assert rows, "nothing to change"
    return [(rows[0][0], sql, other) for sql, other in others(rows[0][1])] + [(rowid, "?", 12345) for rowid, _ in rows[1:]]


def change(plain: sqlite3.Connection, table: str, column: str, what: tuple[int, str, Any]) -> bool:
    """Put something into one cell; no, when the table itself forbids it or takes it for what was there."""
    rowid, sql, other = what
    cell = f"SELECT CAST({column} AS BLOB), typeof({column}) FROM {table} WHERE rowid = {rowid}"  # noqa: S608
    before = plain.execute(cell).fetchone()
    try:
        plain.execute(f"UPDATE {table} SET {column} = {sql} WHERE rowid = {rowid}", (other,))  # noqa: S608
    except sqlite3.IntegrityError:
        return False
    return bool(plain.execute(cell).fetchone() != before)


def test_a_workspace_that_nobody_touched_is_whole(whole: Path, tampered: Tampered) -> None:
    with closing(open_workspace(whole)) as workspace, workspace._access.reading() as connection:
        found = verify(connection, workspace._definitions, key=KEY)
    assert (found.ok, found.problems, found.versions, found.hmac) == (True, (), 5, "checked")
    # 3 rows in each data table, a plan with 2 operations, a succession, a code, and what is left of a household
    assert found.rows == 3 * len(DEFINED.data) + 1 + 2 + 1 + 1 + 1
    assert found.head_hash == workspace.head.hash
    assert tampered.verify(key=KEY) == found


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_a_change_of_any_cell_is_found_and_its_table_named(table: str, column: str, tampered: Tampered) -> None:
    changed = 0
    for what in changes(tampered.plain, table, column):
        with tampered.tampering() as plain:
            if change(plain, table, column, what):
                changed += 1
                found = tampered.found(key=KEY)
                assert not found.ok, what
                assert table in {problem.table for problem in found.problems}, (what, found.problems)
    assert changed


NEEDS_A_KEY = {"hmac"}
"""Columns of the ledger that only the key can check."""


@pytest.mark.parametrize("column", sorted(column.name for column in DEFINED["versions"].columns))
def test_without_a_key_all_of_the_ledger_but_its_hmacs_is_checked(column: str, tampered: Tampered) -> None:
    with tampered.tampering() as plain:
        plain.execute(f"UPDATE versions SET {column} = {column} || '0' WHERE version = 2")  # noqa: S608 - our own names
        assert tampered.found().ok == (column in NEEDS_A_KEY)


ROWS = [name for name in DEFINED.metadata.tables if name not in NOT_COVERED]


@pytest.mark.parametrize("table", ROWS)
def test_a_row_taken_away_is_found(table: str, tampered: Tampered) -> None:
    for (rowid,) in tampered.plain.execute(f"SELECT rowid FROM {table}{of_plan(table)}").fetchall():  # noqa: S608
        with tampered.tampering() as plain:
            plain.execute(f"DELETE FROM {table} WHERE rowid = {rowid}")  # noqa: S608
            found = tampered.found()
        cut_off = (table, rowid) == ("versions", 4)
        wanted = {"households", "erased"} if cut_off else {table}  # rows that belong to a version that is no longer there
        assert wanted & {problem.table for problem in found.problems}


@pytest.mark.parametrize("table", ROWS)
def test_a_row_added_is_found(table: str, tampered: Tampered) -> None:
    """A copy of a row, with a key of its own where the table has one."""
    columns = [column.name for column in DEFINED[table].columns if column.name not in WHERE_A_ROW_LIES]
    own = {"versions": "version", "plans": "plan_id", "operations": "position", "codes_used": "code", "meta": "key"}.get(table)
    cells = ", ".join(f"{name} + 7" if name == own else name for name in columns)
    with tampered.tampering() as plain:
        plain.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {cells} FROM {table}{of_plan(table)} LIMIT 1"  # noqa: S608
        )
        assert table in {problem.table for problem in tampered.found().problems}


def of_plan(table: str) -> str:
    """Only adopted plans are covered."""
    return " WHERE plan_id = 'P1'" if table in {"plans", "operations"} else ""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE plans SET name = 'x', locked = '[1]' WHERE plan_id = 'P2'",
        "UPDATE operations SET record = '{}' WHERE plan_id = 'P2'",
        "INSERT INTO travel_statuses VALUES ('k', 'medical', x'00', '')",
        "UPDATE grids SET fid = 77 WHERE fid = 1",
    ],
)
def test_what_the_chain_does_not_cover_is_let_through(statement: str, tampered: Tampered) -> None:
    with tampered.tampering() as plain:
        plain.execute(statement)
        assert tampered.found(key=KEY).ok


def test_a_guard_left_open_is_found(tampered: Tampered) -> None:
    """The mark that lets writers past the guards never outlives a transaction of ours."""
    with tampered.tampering():
        assert [problem.table for problem in tampered.verify().problems] == ["meta"]


def test_the_first_problem_names_the_version_and_the_table(tampered: Tampered) -> None:
    with tampered.tampering() as plain:
        plain.execute("UPDATE grids SET name = '东' WHERE fid = 1")
        found = tampered.found()
    assert [(each.version, each.table) for each in found.problems] == [(1, "grids"), (3, "grids")]
    assert found.problems[0].what == EDITED
    with tampered.tampering() as plain:
        plain.execute("DELETE FROM roads WHERE fid = 3")
        (problem,) = tampered.found().problems
    assert (problem.version, problem.table) == (1, "roads")
    assert problem.what.en.startswith("the ledger says that 3 rows begin and 0 end, now 2 and 0 do")
    assert problem.what.zh.startswith("账本记有 3 行开始、0 行结束，现在是 2 行和 0 行")


def rewrite(plain: sqlite3.Connection, connection: sa.Connection, *, key: bytes | None = None) -> None:
    """Redo the whole chain over the rows as they are now, as somebody would who knows how it is made."""
    plain.row_factory, previous = sqlite3.Row, ""
    for row in plain.execute("SELECT * FROM versions ORDER BY version").fetchall():
        content = content_of(connection, DEFINED, row["version"])
        said = json.loads(row["counts"])
        counts = {**{name: each for name, each in said.items() if name == META_HASH}, **content.tables}
        record = {
            **dict(row),
            "counts": chain.canonical_json(counts),
            "content_sha256": content.sha256,
            "previous_hash": previous,
        }
        previous = record["hash"] = chain.record_hash(record)
        record["hmac"] = chain.mac(key, previous)
        cells = ", ".join(f"{name} = :{name}" for name in record)
        plain.execute(f"UPDATE versions SET {cells} WHERE version = :version", record)  # noqa: S608 - our own names
    plain.row_factory = None


def test_a_rewritten_chain_is_found_with_the_key_or_a_printed_hash(tampered: Tampered) -> None:
    head = tampered.verify().head_hash
    with tampered.tampering() as plain:
        plain.execute("UPDATE grids SET name = '东' WHERE fid = 1")
        rewrite(plain, tampered.connection)
        assert tampered.found().ok
        unsigned = tampered.found(key=KEY)
        printed = tampered.found(expected_head=head)
    assert (unsigned.hmac, [each.what for each in unsigned.problems]) == ("wrong", [UNSIGNED.fill(versions="0–4")])
    assert [(each.version, each.table) for each in printed.problems] == [(None, "versions")]
    assert printed.problems[0].what.en.startswith(f"no version has the hash {head}: the ledger was rewritten")
    with tampered.tampering() as plain:
        plain.execute("UPDATE grids SET name = '东' WHERE fid = 1")
        rewrite(plain, tampered.connection, key=b"guessed")
        assert [each.what for each in tampered.found(key=KEY).problems] == [MAC] * 5


def test_versions_cut_off_at_the_end_are_found_with_a_printed_hash(tampered: Tampered) -> None:
    """Cut off well: rows of the last version reopened or taken away."""
    with tampered.tampering() as plain:
        printed = [row[0] for row in plain.execute("SELECT hash FROM versions ORDER BY version")]
        plain.execute("DELETE FROM erased")
        plain.execute("DELETE FROM versions WHERE version = 4")
        rewrite(plain, tampered.connection, key=KEY)
        kept = plain.execute("SELECT hash FROM versions ORDER BY version DESC").fetchone()[0]
        assert tampered.found(key=KEY).ok
        assert not tampered.found(key=KEY, expected_head=printed[4]).ok
        assert tampered.found(expected_head=f" {kept.upper()} ").ok


def test_a_hash_printed_on_an_older_sheet_is_found_too(tampered: Tampered) -> None:
    for (older,) in tampered.plain.execute("SELECT hash FROM versions").fetchall():
        assert tampered.verify(expected_head=older).ok


def test_versions_before_the_first_signed_one_are_vouched_for_by_it(tmp_path: Path) -> None:
    """The key came later: version 0 has no HMAC; but a version after the last signed one is said."""
    with town_workspace(tmp_path / "a.gpkg") as workspace:
        assert workspace.verify(KEY).hmac == "wrong"
    with open_workspace(tmp_path / "a.gpkg", key=KEY) as workspace:
        workspace.import_table("grids", workspace.read("grids").iloc[:2], act=act(9), base=5)
        assert (workspace.verify(KEY).ok, workspace.verify(KEY).hmac) == (True, "checked")
    with open_workspace(tmp_path / "a.gpkg", key=WITHOUT_KEY) as workspace:
        workspace.import_table("grids", workspace.read("grids").iloc[:1], act=act(9), base=6)
        assert [(each.version, each.what) for each in workspace.verify(KEY).problems] == [(7, UNSIGNED.fill(versions="7"))]
    with open_workspace(tmp_path / "a.gpkg", key=KEY) as workspace:
        workspace.import_table("grids", workspace.read("grids"), act=act(9), base=7)
        found = workspace.verify(KEY)
        assert (found.ok, found.hmac, found.unsigned) == (True, "checked", (0, 1, 2, 3, 4, 5, 7))


def test_nothing_is_written_after_a_keyed_version_without_its_key(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with town_workspace(path, key=KEY) as workspace:
        head = workspace.head
    for key, said in ((None, "none was given"), (b"another key, by mistake", "is not the key that version 5")):
        with open_workspace(path, key=key) as workspace:
            with pytest.raises(InputError, match=said) as caught:
                workspace.import_table("grids", workspace.read("grids").iloc[:1], act=act(9), base=5)
            assert "--without-key" in caught.value.message.zh
            assert workspace.head == head
    with open_workspace(path, key=WITHOUT_KEY) as workspace:
        workspace.import_table("grids", workspace.read("grids").iloc[:1], act=act(9), base=5)
    with open_workspace(path) as workspace:  # the newest has none: nobody is asked again
        assert workspace.import_table("grids", workspace.read("grids"), act=act(9), base=6).hmac == ""


def test_the_record_says_whether_it_was_written_with_a_key(tampered: Tampered) -> None:
    said = [json.loads(row[0])[KEYED] for row in tampered.plain.execute("SELECT counts FROM versions ORDER BY version")]
    assert said == [True] * 5


@pytest.mark.parametrize("key", [KEY, None])
@pytest.mark.parametrize("version", range(5))
def test_a_blanked_hmac_is_found_also_where_a_later_one_vouches(version: int, key: bytes | None, tampered: Tampered) -> None:
    with tampered.tampering() as plain:
        plain.execute("UPDATE versions SET hmac = '' WHERE version = ?", (version,))
        found = tampered.found(key=key)
    assert (version, BLANKED) in {(each.version, each.what) for each in found.problems}
    assert found.unsigned == (version,)


def test_an_hmac_put_where_none_was_is_found(tmp_path: Path) -> None:
    town_workspace(tmp_path / "a.gpkg").close()
    tampered = Tampered(tmp_path / "a.gpkg")
    with tampered.tampering() as plain:
        plain.execute("UPDATE versions SET hmac = '00' WHERE version = 2")
        assert [(each.version, each.what) for each in tampered.found().problems] == [(2, ADDED)]
    tampered.close()


@pytest.mark.parametrize("digits", [12, 13, 40, 64])
def test_a_hash_may_be_given_by_its_first_digits(digits: int, tampered: Tampered) -> None:
    for version, hash_ in tampered.plain.execute("SELECT version, hash FROM versions").fetchall():
        found = tampered.verify(expected_head=hash_[:digits].upper())
        assert (found.ok, found.expected_version) == (True, version)
    assert not tampered.verify(expected_head="0" * digits).ok


@pytest.mark.parametrize(
    ("given", "said"), [("412647", "6 digits, too few"), ("", "0 digits"), ("zz" * 8, "is no hash"), ("a" * 65, "too many")]
)
def test_what_is_no_hash_is_refused(given: str, said: str, tampered: Tampered) -> None:
    with pytest.raises(InputError, match=said):
        tampered.verify(expected_head=given)


def test_digits_that_several_versions_share_are_not_enough() -> None:
    ledger = [{"version": number, "hash": "a" * 20 + str(number)} for number in range(2)]
    assert [each.en for each in head_problems(ledger, "a" * 12)] == [
        "2 versions have a hash that begins with aaaaaaaaaaaa; give more digits"
    ]
    assert list(head_problems(ledger, "a" * 20 + "1")) == []


@given(st.sets(st.integers(0, 30)))
def test_spans_name_each_number_once(numbers: set[int]) -> None:
    parts = [part.split("–") for part in spans(sorted(numbers)).split(", ") if part]
    assert {each for part in parts for each in range(int(part[0]), int(part[-1]) + 1)} == numbers


def test_a_ledger_without_versions(tampered: Tampered) -> None:
    with tampered.tampering() as plain:
        plain.execute("DELETE FROM versions")
        found = tampered.found(key=KEY)
    assert (found.ok, found.versions, found.head_hash) == (False, 0, "")
    assert NO_LEDGER in {each.what for each in found.problems}
