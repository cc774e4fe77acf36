"""Which changes must say in ``If-Match`` what they rest on, which may, and why the others need not: each address in one row.

A change must where it would overwrite what somebody else did meanwhile. `tests/test_conditions.py` holds every address that is
not GET against this table, the page /docs says it of each, and the README has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

Rule = Literal["must", "may", "need not"]
PLAN = "/api/v1/plans/{plan_id}"


class Condition(NamedTuple):
    """A rule, what is said of it, and the addresses that it holds for, each as "METHOD path"."""

    rule: Rule
    says: Text
    addresses: Sequence[str]


CONDITIONS: Sequence[Condition] = (
    Condition(
        "must",
        Text("必须带 If-Match：改的是别人也在改的方案", "If-Match is a must: others may be changing the same plan"),
        (f"DELETE {PLAN}", *(f"POST {PLAN}/{name}" for name in ("operations", "undo", "redo", "rebase", "adopt"))),
    ),
    Condition(
        "must",
        Text(
            "写入必须带 If-Match：试导入所得的 if_match，或 /api/v1/versions 的 ETag；试导入（dry_run）不写，可不带",
            "If-Match is a must to write: the if_match of a dry run, or the ETag of /api/v1/versions; a dry run writes nothing "
            "and needs none",
        ),
        ("POST /api/v1/imports",),
    ),
    Condition(
        "may",
        Text(
            "If-Match 可带可不带，带了就须相符：发布只增不改，先后都留下",
            "If-Match may be sent, and must then match: publications are added, never changed, so nobody's is lost",
        ),
        ("POST /api/v1/publications",),
    ),
    Condition(
        "may",
        Text(
            "If-Match 可带可不带，带了就须相符：结束或删除的结果与先前状态无关，重复也一样",
            "If-Match may be sent, and must then match: ending or deleting comes to the same whatever was seen, and done twice",
        ),
        (
            "DELETE /api/v1/keys/{key_id}",
            "DELETE /api/v1/uploads/{upload_id}",
            *(f"DELETE /api/v1/{each}s/{{{each}_id}}" for each in ("job", "check", "proposal", "export", "import")),
        ),
    ),
    Condition(
        "need not",
        Text(
            "不用 If-Match：新建，不改已有的；重发用 Idempotency-Key 只做一次",
            "no If-Match: something new, nothing is overwritten; an Idempotency-Key does it once however often it is sent",
        ),
        tuple(f"POST /api/v1/{each}" for each in ("plans", "checks", "proposals", "exports", "uploads", "keys", "embed-tokens")),
    ),
    Condition(
        "need not",
        Text(
            "不用 If-Match：新的签名密钥与旧的并存，两人同时更换也都有效",
            "no If-Match: a new signing key stands beside the old ones, and those of two people at once both hold",
        ),
        ("POST /api/v1/embed-keys",),
    ),
    Condition(
        "need not",
        Text(
            "不用 If-Match：抹除不可恢复，无论谁先谁后结果相同，抹除前也不要求读取住户",
            "no If-Match: erasing is for good and comes to the same whoever is first, and nobody need read the household before",
        ),
        ("DELETE /api/v1/households/{household_id}",),
    ),
    Condition(
        "need not",
        Text("不用 If-Match：只是试算，什么也不存", "no If-Match: only tried out, nothing is kept"),
        ("POST /api/v1/what-ifs", f"POST {PLAN}/preview"),
    ),
    Condition(
        "need not",
        Text("不用 If-Match：只关系到自己的登录", "no If-Match: it is about one's own session only"),
        ("POST /login", "POST /logout"),
    ),
)

OF: dict[str, Condition] = {address: each for each in CONDITIONS for address in each.addresses}
"""The row of every address."""
