"""What the commands on keys and the audit trail do, on the machine itself: whoever may read the files needs no key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rich.text import Text as Line

from api import audit, keys
from api.callers import ROLE_NAMES
from api.holdings import data_folder
from api.settings import settled
from api.state import state_of
from api.terminal import clean, columns
from geogrid.keyfile import read_key
from geogrid.store import open_workspace
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from api.callers import Role
    from api.settings import Settings
    from api.state import State
    from api.terminal import Terminal

    Place = tuple[Path, Path | None]

STATES: dict[str, Text] = {
    "active": Text("有效", "holds"),
    "expired": Text("已过期", "expired"),
    "revoked": Text("已作废", "revoked"),
}
MADE = Text("新密钥（只显示这一次，请马上交给本人）：", "The new key (shown this once; hand it to its owner now):")
REVOKED = Text("密钥 {id}（{name}）已作废。", "The key {id} ({name}) is revoked.")
NONE = Text("还没有密钥：geogrid key create 新建。", "There are no keys yet: geogrid key create makes one.")
NOTHING = Text("还没有审计记录。", "There is nothing in the audit trail yet.")
EVERYWHERE = Text("全部", "everywhere")
FITS = Text("相符：{n} 条", "It fits: {n} entries")
WRONG = Text("不符：从第 {first} 条起（共 {n} 条）", "It does not fit from entry {first} on ({n} entries)")
HEAD = Text("最后一条的哈希 {head}（请另记，以后可用 --head 核对）", "head {head} (note it elsewhere; --head compares it later)")
SIGNED = Text("签名已核对", "signatures checked")
NOT_SIGNED = Text(
    "没有密钥文件，签名未核对：整条重写看不出来（--key）",
    "no key file, signatures not checked: a trail rewritten as a whole is not found (--key)",
)
CUT = Text(
    "所给的哈希不在其中：尾部被删，或整条被重写", "the head given is not in it: the end was cut off, or all of it rewritten"
)


@dataclass(frozen=True)
class Asked:
    """What a new key shall be."""

    name: str
    role: str
    areas: tuple[str, ...]
    days: int


def create(terminal: Terminal, place: Place, asked: Asked) -> None:
    """Make a key and show it, once."""
    wanted = _settings(place)
    name = keys.require_name(asked.name)
    with open_workspace(cast("Path", wanted.workspace)) as opened:
        there = opened.boundaries() if asked.areas else None
    areas = keys.require_areas(asked.areas, {*there.areas, *there.grids}) if there else ()
    role, ends = cast("Role", asked.role), keys.until(asked.days)
    _, key = keys.create_key(_state(wanted), name=name, role=role, areas=areas, expires_at=ends)
    terminal.say(MADE)
    terminal.out.print(Line(key, "bold"), soft_wrap=True)


def show(terminal: Terminal, place: Place) -> None:
    """List the keys, without their secrets."""
    found = keys.keys_of(_state(_settings(place)))
    if not found:
        terminal.say(NONE)
        return
    headings = (
        Text("编号", "Id"),
        Text("归谁", "Whose"),
        Text("角色", "Role"),
        Text("区域", "Areas"),
        Text("到期（UTC）", "Until (UTC)"),
        Text("状态", "State"),
    )
    table = columns(terminal.lang, headings, right=())
    for key in found:
        areas = ", ".join(key.areas) or EVERYWHERE.say(terminal.lang)
        row = (
            key.key_id,
            key.name,
            ROLE_NAMES[key.role].zh if terminal.lang == "zh" else key.role,
            areas,
            key.expires_at[:10] or "—",
            STATES[key.state].say(terminal.lang),
        )
        table.add_row(*map(clean, row))
    terminal.out.print(table)


def revoke(terminal: Terminal, place: Place, key_id: str) -> None:
    """Let a key hold no more."""
    key = keys.revoke_key(_state(_settings(place)), key_id)
    terminal.say(REVOKED.fill(id=key.key_id, name=key.name))


def entries(terminal: Terminal, place: Place, limit: int) -> None:
    """Show the newest entries of the audit trail."""
    state = _state(_settings(place))
    found, names = audit.entries(state, limit=limit), {key.key_id: key.name for key in keys.keys_of(state)}
    if not found:
        terminal.say(NOTHING)
        return
    headings = (
        Text("号", "No."),
        Text("时间（UTC）", "At (UTC)"),
        Text("谁", "Who"),
        Text("做了什么", "What"),
        Text("对象", "Of"),
        Text("详情", "Detail"),
    )
    table = columns(terminal.lang, headings, right=(0,))
    for each in found:
        at, detail = each.at[:19].replace("T", " "), "" if each.detail == "{}" else each.detail
        who = f"{each.who} {names.get(each.who, '')}".rstrip()
        table.add_row(str(each.number), *map(clean, (at, who, each.action, each.of, detail)))
    terminal.out.print(table)


def verify(terminal: Terminal, place: Place, head: str) -> bool:
    """Look at the whole trail and say what came of it; return whether all is well."""
    wanted = _settings(place)
    state = _state(wanted)
    found = audit.verify(state, state.key, head=head)
    said = FITS.fill(n=found.entries) if found.first_wrong is None else WRONG.fill(first=found.first_wrong, n=found.entries)
    lines: Sequence[Text] = (said, HEAD.fill(head=found.head or "—"), SIGNED if found.is_signed else NOT_SIGNED)
    for line in (*lines, *((CUT,) if found.has_head is False else ())):
        terminal.say(line)
    return found.ok


def _settings(place: Place) -> Settings:
    workspace, key = place
    return settled({"workspace": workspace} | ({} if key is None else {"key_file": key}))


def _state(wanted: Settings) -> State:
    """Return the service's file of a workspace, which must be there."""
    open_workspace(cast("Path", wanted.workspace)).close()
    return state_of(data_folder(wanted), read_key(wanted.key_file) if wanted.key_file else None)
