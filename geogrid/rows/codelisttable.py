"""The list of codes and names that an office has from above: no table of a town, so not one of ``rows.tables``."""

from __future__ import annotations

from geogrid.rows.spec import Column, TableSpec
from geogrid.rows.tables import AREA_NAMES, CODE, LEVEL, WEAK_AREA_NAMES
from geogrid.words import Text

CODE_STATUS = {
    "valid": "有效|现行|现行有效|在用|正常|启用|是|1|y|yes|true|active|in use",
    "abolished": "撤销|已撤销|撤并|合并|废止|已废止|停用|注销|失效|无效|作废|否|0|n|no|false|inactive|invalid",
}

CODE_LIST = TableSpec(
    "codes",
    Text("代码表", "list of codes"),
    (),
    (
        Column("code", "id", CODE.label, CODE.aliases + "|原代码|旧代码|old_code", required=True),
        Column("name", "text", Text("名称", "name"), AREA_NAMES + "|区划名称|单位名称", WEAK_AREA_NAMES, required=True),
        Column("level", "text", LEVEL.label, LEVEL.aliases, LEVEL.weak),
        Column(
            "status",
            "choice",
            Text("状态", "status"),
            "valid|状态|是否有效|代码状态|有效性|变更状态|state",
            choices=CODE_STATUS,
        ),
        Column(
            "successors",
            "list",
            Text("新代码", "codes that took its place"),
            "successor|新代码|继任代码|现代码|变更后代码|替代代码|并入代码|new_code",
        ),
    ),
)
