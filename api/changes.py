"""Changes of facilities as files: what a planner wrote, and what was tried out, so that it can be tried again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.files.csvtable import read_csv
from geogrid.files.raw import shown_name
from geogrid.files.sniffing import checked_path
from geogrid.rows.headers import plain as header_key
from geogrid.whatif import KINDS, Change
from geogrid.words import Text
from maps.markup import UNPRINTABLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMAT, VERSION = "geogrid-changes", 1
MOST_BYTES = 20_000_000
MOST_CHANGES = 1_000
"""Each is tried on top of those before it, so that time grows with the square of their number."""
MOST_SERVICES = 100
LONGEST_TEXT = 1_000
COLUMNS = {
    "kind": "kind|change|变更|变更类型|类型|操作",
    "facility_id": "facility_id|facility|id|设施编号|编号",
    "name": "name|名称|设施名称",
    "services": "services|service|服务|服务类型",
    "lon": "lon|lng|longitude|经度",
    "lat": "lat|latitude|纬度",
}
"""Names that the columns of a CSV file may have."""
KIND_WORDS = {
    "add": "新增|增加|新建|添加",
    "move": "移动|搬迁|迁移|迁建",
    "close": "关闭|停用|撤销",
    "open": "开放|开启|启用|建成",
}
"""Words for the kinds of change."""

COLUMN_OF = {header_key(alias): column for column, aliases in COLUMNS.items() for alias in aliases.split("|")}
KIND_OF = {word: kind for kind, words in KIND_WORDS.items() for word in words.split("|")}


def read_changes(path: Path) -> list[Change]:
    """Read changes in order from a file of ours, a JSON list of records, or a CSV table.

    Parameters
    ----------
    path : Path
        ``.json``: what `changes_json` wrote, or a list of records as `whatif.Change.of` takes them. ``.csv``: a row per change
        with the columns of `COLUMNS`; several services in one cell are separated by ``;``, places are WGS 84.

    Raises
    ------
    InputError
        A file that cannot be read, more than 1,000 changes, or a record that is no change; the message says which one.
    """
    name = shown_name(path)
    suffix = path.suffix.casefold()
    if suffix not in READERS:
        raise InputError(_WRONG_KIND.fill(file=name))
    if checked_path(path).stat().st_size > MOST_BYTES:
        raise InputError(_TOO_LARGE.fill(file=name, most=MOST_BYTES // 1_000_000))
    records = READERS[suffix](path, name)
    if len(records) > MOST_CHANGES:
        raise InputError(_TOO_MANY.fill(file=name, n=len(records), most=MOST_CHANGES))
    return [_change(record, name, place) for record, place in records]


def changes_json(changes: Sequence[Change]) -> bytes:
    """Return changes as JSON that `read_changes` takes back; a character that UTF-8 lacks stays an escape.

    Examples
    --------
    >>> json.loads(changes_json([Change("close", "F1")]))["changes"]
    [{'kind': 'close', 'facility_id': 'F1'}]
    """
    content = {"format": FORMAT, "version": VERSION, "changes": [change.to_record() for change in changes]}
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode("utf-8", "backslashreplace")


def require_printable(changes: Sequence[Change]) -> None:
    """Refuse ids and names that neither a terminal nor a spreadsheet can show.

    Raises
    ------
    InputError
        A text holds control characters or lone surrogates.
    """
    for number, change in enumerate(changes, 1):
        if any(UNPRINTABLE.search(text) for text in (change.facility_id, change.name, *change.services)):
            raise InputError(_UNPRINTABLE.fill(n=number))


def _from_json(path: Path, name: str) -> list[tuple[Any, int]]:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(_NOT_JSON.fill(file=name)) from error
    if isinstance(content, dict):
        if (content.get("format"), content.get("version")) != (FORMAT, VERSION):
            raise InputError(_NOT_OURS.fill(file=name))
        content = content.get("changes")
    if not isinstance(content, list):
        raise InputError(_NOT_OURS.fill(file=name))
    return [(record, number) for number, record in enumerate(content, 1)]


def _from_csv(path: Path, name: str) -> list[tuple[Any, int]]:
    raw = read_csv(path, name=name)
    known = {column: COLUMN_OF.get(header_key(str(column))) for column in raw.frame.columns}
    lost = [str(column) for column, means in known.items() if means is None]
    doubled = len({means for means in known.values() if means}) < len(known) - len(lost)
    if lost or doubled or raw.rejected or "kind" not in known.values():
        raise InputError(_WRONG_COLUMNS.fill(file=name, columns=", ".join(map(str, known)), known=", ".join(COLUMNS)))
    table = raw.frame.rename(columns=known)
    return [
        ({column: cell for column, cell in row.items() if isinstance(cell, str) and cell.strip()}, int(line))
        for line, row in zip(raw.frame.index, table.to_dict(orient="records"), strict=True)
    ]


READERS = {".json": _from_json, ".csv": _from_csv}


def _change(record: Any, name: str, place: int) -> Change:
    """Make a change of a record, or say which record is none."""
    if not (isinstance(record, dict) and _is_listed(record.get("services")) and _is_short(record)):
        raise InputError(_NO_CHANGE.fill(file=name, n=place, kinds=", ".join(KINDS)))
    kind, services = record.get("kind"), record.get("services")
    kind = KIND_OF.get(kind.strip(), kind.strip()) if isinstance(kind, str) else kind
    listed = services.replace("、", ";").replace("+", ";") if isinstance(services, str) else services
    try:
        return Change.of({**record, "kind": kind, "services": listed})
    except OverflowError as error:
        raise InputError(_NO_CHANGE.fill(file=name, n=place, kinds=", ".join(KINDS))) from error
    except InputError as error:
        said = error.message
        raise InputError(Text(f"{name}，第 {place} 项：{said.zh}", f"{name}, item {place}: {said.en}")) from error


def _is_listed(services: object) -> bool:
    """Return whether services are text, a list of text, or absent."""
    if isinstance(services, list):
        return len(services) <= MOST_SERVICES and all(isinstance(service, str) for service in services)
    return services is None or isinstance(services, str)


def _is_short(record: dict[str, Any]) -> bool:
    """Return whether a record holds nothing but short texts and numbers: anything else could fill the message that refuses it."""
    listed = record.get("services")
    cells = [*record, *(value for key, value in record.items() if key != "services")]
    cells += listed if isinstance(listed, list) else [listed]
    return all(cell is None or (isinstance(cell, str | int | float) and len(str(cell)) <= LONGEST_TEXT) for cell in cells)


_WRONG_KIND = Text("{file}：变更文件应为 .json 或 .csv", "{file}: a file of changes is .json or .csv")
_TOO_LARGE = Text("{file} 太大：变更文件不超过 {most} MB", "{file} is too large: a file of changes has at most {most} MB")
_TOO_MANY = Text(
    "{file} 有 {n} 项变更：一次最多试 {most} 项，请分开试",
    "{file} holds {n} changes: try at most {most} at once, and the rest apart",
)
_NOT_JSON = Text("{file} 不是可读的 JSON 文件", "{file} is not readable as JSON")
_NOT_OURS = Text(
    "{file} 不是变更文件：应为变更的列表，或本程序写出的 whatif.json",
    "{file} is no file of changes: expected a list of changes, or a whatif.json that this program wrote",
)
_WRONG_COLUMNS = Text(
    "{file} 的列（{columns}）看不懂：可用 {known}，各一次，kind 必须有",
    "the columns of {file} ({columns}) are not understood: use {known}, each once; kind is required",
)
_NO_CHANGE = Text(
    "{file} 的第 {n} 项不是变更：应有 kind（{kinds}）和 facility_id，各为短文字或数，服务为文字或文字的列表",
    "item {n} of {file} is no change: expected kind ({kinds}) and facility_id, short texts or numbers; services are text or a "
    "list of text",
)
_UNPRINTABLE = Text("第 {n} 项变更含有不可显示的字符：请删去", "change {n} holds characters that cannot be shown: remove them")
