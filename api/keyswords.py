"""What the command line says of keys and the audit trail, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.optionword import Option
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, Text] = {
    "key": Text(
        "服务的密钥：谁可以看住户、做规划、管理。密钥只显示一次，只保存其哈希。",
        "Keys of the service: who may see households, plan, administer. A key is shown once, and only its hash is kept.",
    ),
    "key create": Text(
        "新建密钥：归谁、什么角色、限于哪些区域、多少天有效。",
        "Make a key: whose, which role, in which areas, for how many days.",
    ),
    "key list": Text("列出全部密钥，不含密钥本身。", "List all keys, without their secrets."),
    "key revoke": Text("作废密钥；用它登录的会话随之结束。", "Revoke a key; logins that rest on it end."),
    "audit": Text(
        "审计记录，最新的在前：谁读了住户数据，谁改了什么；--verify 检查是否被改动过，有问题时退出码为 3。",
        "The audit trail, newest first: who read households, who changed what. With --verify: whether it was tampered with; the "
        "exit code is 3 where it was.",
    ),
}

OPTIONS: Mapping[str, Option] = {
    "key_id": Option("ID", Text("密钥编号，见 geogrid key list", "id of the key; see geogrid key list")),
    "key_name": Option("NAME", Text("密钥归谁", "whose the key is")),
    "key_role": Option(
        "ROLE",
        Text(
            "角色：viewer 查看住户，planner 还可做规划和导入，admin 还可采纳、发布和管理密钥",
            "role: viewer sees households, planner also plans and imports, admin also adopts, publishes and administers keys",
        ),
    ),
    "key_area": Option(
        "ID",
        Text(
            "只在这个区域（及其下级）有效，可多次；默认全部",
            "holds in this area and below only; may be repeated; everywhere unless given",
        ),
    ),
    "key_days": Option("N", Text("多少天有效，默认 365", "how many days it holds; 365 unless given")),
    "audit_rows": Option("N", Text("最多显示多少条，默认 50", "how many entries at most; 50 unless given")),
    "audit_verify": Option("", Text("检查整条记录是否被改动过", "look at the whole trail for changes past the program")),
    "audit_head": Option(
        "HASH",
        Text(
            "以前记下的最后一条的哈希：它还在不在，能看出尾部有没有被删",
            "a head noted earlier: whether it is still there shows if the end was cut off",
        ),
    ),
}
