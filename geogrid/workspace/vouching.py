"""What vouches for the ledger from outside it: the key of the HMACs, kept elsewhere, and hashes that were printed.

Every record says among its ``counts``, which its hash covers, whether it was written with a key (`KEYED`). So an HMAC that is
blanked later is found, with the key or without; and where a chain was begun with a key, a version without one is written only by
somebody who says so (`WITHOUT_KEY`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.words import Text
from geogrid.workspace import chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from geogrid.workspace.ledger import Version

    Record = Mapping[str, Any]

KEYED = "keyed"
"""Key among the counts of a version under which it says whether it was written with a key."""
WITHOUT_KEY = b""
"""Given as the key by a writer who has none and means to write all the same."""
SHORTEST_HEAD = 12
"""Digits of a hash that are enough to tell it; as many as tables show."""

KEY_NEEDED = Text(
    "第 {head} 版带有密钥标记（HMAC），这次没有给密钥，什么也没有写。请用 --key 文件（或环境变量 GEOGRID_KEY_FILE）指明密钥；"
    "确实没有密钥、仍要写入，请加 --without-key，账本会记下。",
    "version {head} bears the mark of a key (HMAC) and none was given, so nothing was written. Name the key with --key FILE (or "
    "the environment variable GEOGRID_KEY_FILE); to go on without it all the same, add --without-key, which the ledger records.",
)
OTHER_KEY = Text(
    "这把密钥不是第 {head} 版所用的那把，什么也没有写。请用原来的密钥；原来的密钥确实没有了、仍要写入，请加 --without-key，"
    "账本会记下。",
    "this is not the key that version {head} was written with, so nothing was written. Use that one; to go on without it all the "
    "same, add --without-key, which the ledger records.",
)
MAC = Text(
    "HMAC 与密钥不符：密钥不对，或账本被改写", "the HMAC does not fit the key: it is another key, or the ledger was rewritten"
)
BLANKED = Text(
    "写入时带有密钥，现在却没有 HMAC：被人抹去。请取回备份，或查明是谁改动的",
    "it was written with a key but has no HMAC now: somebody blanked it. Fetch a backup, or find out who did",
)
ADDED = Text("写入时没有密钥，现在却有 HMAC：被人添上", "it was written without a key but has an HMAC now: somebody added it")
UNSIGNED = Text(
    "没有 HMAC，密钥不能证明：第 {versions} 版。请先用 geogrid history 核对确是本单位所写；"
    "下一次带 --key 的写入会连同此前各版一并担保",
    "no HMAC, so the key proves nothing: version {versions}. See with geogrid history that it is your own; the next version "
    "written with --key vouches for all before it",
)
NO_HEAD = Text(
    "账本里没有这个版本哈希：{expected}。账本被改写，或末尾的版本被删；请核对打印的哈希，或取回备份",
    "no version has the hash {expected}: the ledger was rewritten, or its last versions were cut off; compare the printed hash, "
    "or fetch a backup",
)
SEVERAL = Text(
    "有 {n} 个版本的哈希以 {expected} 开头；请多给几位", "{n} versions have a hash that begins with {expected}; give more digits"
)
NO_HASH = Text(
    "--head {given} 不像版本哈希：应为 0-9、a-f，采纳单和 geogrid history 上印着。",
    "--head {given} is no hash of a version: expected digits 0-9 and a-f, as adoption sheets and geogrid history show them.",
)
TOO_FEW = Text(
    "--head {given} 只有 {n} 位，太少：请至少给前 {least} 位（geogrid history 所列），最好给采纳单上的全部 {all} 位。",
    "--head {given} has {n} digits, too few: give the first {least} at least (as geogrid history lists them), at best all {all} "
    "of the adoption sheet.",
)
TOO_MANY = Text(
    "--head {given} 有 {n} 位，太多：版本哈希共 {all} 位。",
    "--head {given} has {n} digits, too many: the hash of a version has {all}.",
)
ALL_DIGITS = 64


def require_key(head: Version | None, key: bytes | None) -> None:
    """Refuse to write after a version that bears an HMAC without the key that made it, unless the writer means to.

    Raises
    ------
    InputError
        Naming the version, and what to do.
    """
    if head is None or not head.hmac or key == WITHOUT_KEY:
        return
    if key is None:
        raise InputError(KEY_NEEDED.fill(head=head.version))
    if not chain.same(head.hmac, chain.mac(key, head.hash)):
        raise InputError(OTHER_KEY.fill(head=head.version))


def mac_problems(ledger: Sequence[Record], key: bytes | None) -> Iterator[tuple[int, Text]]:
    """Yield versions whose HMAC is not what was written; with a key also those that it does not fit, or proves nothing of."""
    for each in ledger:
        said = _said_keyed(each)
        if said is not None and said != bool(each["hmac"]):
            yield each["version"], BLANKED if said else ADDED
    if not key:
        return
    for each in ledger:
        if each["hmac"] and not chain.same(str(each["hmac"]), chain.mac(key, str(each["hash"]))):
            yield each["version"], MAC
    signed = max((each["version"] for each in ledger if each["hmac"]), default=-1)
    bare = [each["version"] for each in ledger if each["version"] > signed]
    if bare:
        yield bare[0], UNSIGNED.fill(versions=spans(bare))


def _said_keyed(record: Record) -> bool | None:
    """Return whether a record says that it was written with a key; None where it does not say."""
    try:
        said = json.loads(record["counts"])[KEYED]
    except (ValueError, TypeError, LookupError):
        return None
    return said if isinstance(said, bool) else None


def unsigned_in(ledger: Iterable[Record]) -> tuple[int, ...]:
    """Return the versions without an HMAC."""
    return tuple(each["version"] for each in ledger if not each["hmac"])


def spans(numbers: Sequence[int]) -> str:
    """Return numbers in ascending order, runs of them shortened.

    Examples
    --------
    >>> spans([0, 1, 2, 5, 7, 8])
    '0–2, 5, 7–8'
    """
    firsts = [number for number in numbers if number - 1 not in numbers]
    lasts = [number for number in numbers if number + 1 not in numbers]
    return ", ".join(f"{one}–{other}" if other > one else f"{one}" for one, other in zip(firsts, lasts, strict=True))


def hash_asked(given: str) -> str:
    """Return a hash, or its first digits, as somebody copied it from a sheet: without blanks, in small letters.

    Raises
    ------
    InputError
        When it is none, or has too few digits to tell a version.

    Examples
    --------
    >>> hash_asked(" 412647DC BF3B ")
    '412647dcbf3b'
    """
    text = re.sub(r"[\s…]+", "", given).lower()
    if not re.fullmatch("[0-9a-f]*", text):
        raise InputError(NO_HASH.fill(given=given))
    if not SHORTEST_HEAD <= len(text) <= ALL_DIGITS:
        wrong = TOO_FEW if len(text) < SHORTEST_HEAD else TOO_MANY
        raise InputError(wrong.fill(given=given, n=len(text), least=SHORTEST_HEAD, all=ALL_DIGITS))
    return text


def head_problems(ledger: Sequence[Record], expected: str | None) -> Iterator[Text]:
    """Yield what is wrong with a hash that some version must have, given whole or by its first digits."""
    n = 1 if expected is None else sum(str(each["hash"]).startswith(expected) for each in ledger)
    if n != 1:
        yield (SEVERAL if n else NO_HEAD).fill(expected=expected, n=n)
