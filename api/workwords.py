"""What the commands on a workspace and its plans say of themselves and of their options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.optionword import Option
from geogrid.gatekinds import KINDS
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE, FOLDER, WORKSPACE = "FILE", "DIR", "WORKSPACE"
DEFECTS = [key for key, kind in KINDS.items() if kind.severity == "defect"]

COMMANDS: Mapping[str, Text] = {
    "init": Text(
        "用办公室的文件建立工作区：一个 GeoPackage 文件，QGIS 能打开，每一版都留底。读入失败则什么也不留下。",
        "Make a workspace of the office's files: one GeoPackage that QGIS opens and that keeps every version. When a file cannot "
        "be read, nothing is left behind.",
    ),
    "import": Text(
        "把新文件导入工作区：每张表整张换新，原来的版本保留。--dry-run 只看会变什么。文件缺少现有各行的一成以上时不导入，"
        "除非用 --part（只是一部分）或 --replace（确要换新）说明。",
        "Bring newer files into a workspace: each table is replaced as a whole and the former version kept. --dry-run only shows "
        "what would change. A file that leaves out more than a tenth of the rows there are is refused, unless --part (it is only "
        "a part) or --replace (it is meant to) says why.",
    ),
    "validate": Text(
        "检查今天（或 --on 某一天）的边界和编码：空洞、重叠、狭缝、跨村、被切开的单元和建筑、重码缺码；有缺陷时退出码为 3。",
        "Test the boundaries and codes in force today (or --on a day): holes, overlaps, slivers, grids in several villages, "
        "units and buildings cut, codes missing or twice. The exit code is 3 where there is a defect.",
    ),
    "repair": Text(
        "按写明的规则修补窄于 --width 的空洞、重叠和狭缝；更宽的留给人决定。列出换了网格的住户数和面积账。",
        "Mend holes, overlaps and slivers narrower than --width by stated rules; wider ones are left for a person. Says how many "
        "households change grid, and accounts for the land.",
    ),
    "history": Text(
        "工作区的账本：谁、何时、为什么；给出网格编号，则是这个网格的来历（从谁拆出、并入谁）。",
        "The ledger of a workspace: who, when and why; with a grid's id, its life (split from, merged into).",
    ),
    "where": Text(
        "某一户今天（或 --on 某一天）属于哪个网格，按那一天的边界。",
        "Which grid a household is in today (or --on a day), by the borders of that day.",
    ),
    "codes": Text(
        "检查网格和区域的编码；按代码表核对名称，查出已撤销的代码及其新代码；--number 给没有编码的网格编码。",
        "Check the codes of grids and areas; look their names up in a list, with ended codes and what took their place; --number "
        "gives codes to grids that have none.",
    ),
    "export": Text(
        "把工作区的一张表按今天有效的、某一天的或某一版写成文件（只有本人可读，可能含住户或电话）。",
        "Write a table of a workspace as it is in force today, on a day or in a version (its owner's alone: it may hold "
        "households or phone numbers).",
    ),
    "publish": Text(
        "检查工作区今天有效的一版，把公开的结果交给本机服务发布：自 --effective（默认今天）起，公众看到的就是它。不可撤回。"
        "因此前的发布须隐去五分之一以上时先问（退出码 3）；--dry-run 说明会隐去多少。",
        "Check the version of a workspace that is in force, and publish what may be public of it with the service on this "
        "machine: from --effective (today unless given) it is what the public sees. It cannot be taken back. Where more than a "
        "fifth of its figures would be withheld because of earlier publications it asks first (exit code 3); --dry-run tells "
        "how many.",
    ),
    "backup": Text(
        "在使用中备份工作区：一个完整的文件，写完前旧备份不动。",
        "Copy a workspace while it is in use: one whole file; an earlier backup stays until it is done.",
    ),
    "verify": Text(
        "从每一行重算哈希链，找出不经程序的改动；有问题时退出码为 3。",
        "Recompute the chain of hashes from every row and find what was changed past the program. The exit code is 3 where "
        "something does not fit.",
    ),
    "erase": Text(
        "把住户从所有版本中永久抹除；仍可证明曾有过这些行。已有的备份里还有，请另行处理。",
        "Take households out of every version for good; that there were rows stays provable. Backups still hold them: see to "
        "those as well.",
    ),
    "migrate": Text(
        "把旧格式的工作区升级到本程序的格式；原文件先留一份副本。",
        "Bring a workspace of an older format to this program's; a copy of the file as it is is kept.",
    ),
    "plan": Text(
        "调整方案：在某一版上的一串操作，可撤回、比较、采纳，工作区有了新版还可移到最新版上。",
        "Plans: a list of operations on a version that can be undone, compared, adopted, and moved to a newer version.",
    ),
    "plan new": Text(
        "新建方案；--from 可取自方案文件（.json）或任何面文件（别处画好的网格）。",
        "Begin a plan; --from takes it from a plan file (.json) or from any polygons (grids drawn elsewhere).",
    ),
    "plan apply": Text(
        "在方案里做操作，全部做成或一个也不做。顺序：锁定与解锁、操作文件，然后按下列选项的顺序；同一选项按给出的先后。",
        "Do operations in a plan, all of them or none. Order: locks, the operations file, then the options as listed here; one "
        "option's in the order given.",
    ),
    "plan show": Text(
        "列出方案；给出方案则列出它的操作（编号、大小）、已撤回的操作和锁定的网格。",
        "List the plans; of one plan its operations (numbered, with sizes), those undone, and what is locked.",
    ),
    "plan undo": Text("撤回方案最后的操作，可以重做。", "Undo the last operations of a plan; they can be redone."),
    "plan redo": Text("重做撤回的操作。", "Redo operations that were undone."),
    "plan drop": Text("放弃方案；仍可查看，不能再改。", "Give a plan up; it stays readable and cannot be changed."),
    "plan diff": Text(
        "变更单：方案与基准版本相比，或任何两版相比；各网格的户数、人口、面积，谁换了网格（明细在 private/），卷帘地图。",
        "The change sheet of a plan against its base, or of any two versions: households, persons and land by grid, who changes "
        "grid (rows in private/), and a swipe map.",
    ),
    "plan adopt": Text(
        "采纳方案：一步写入边界、操作、经办人、理由和批准文号，并打印采纳单和哈希。",
        "Adopt a plan: boundaries, operations, who, why and the approval in one step; prints the adoption sheet with the head "
        "hash.",
    ),
    "plan rebase": Text(
        "工作区有了新版后，把方案移到最新版上；有冲突则说明原因和位置，什么也不存（退出码 3），除非用 --keep 或 --leave-out。",
        "Move a plan to the newest version. Where operations clash it says why and where and saves nothing (exit code 3), unless "
        "--keep or --leave-out decides.",
    ),
    "plan export": Text(
        "把方案写成方案文件（.json），或把它的网格写成面文件（.geojson、.gpkg、.shp、.kml、.fgb、.parquet）。",
        "Write a plan as a plan file (.json), or its grids as polygons (.geojson, .gpkg, .shp, .kml, .fgb, .parquet).",
    ),
    "plan import": Text(
        "与 plan new --from 相同：从方案文件或面文件新建方案。",
        "The same as plan new --from: a plan from a plan file or polygons.",
    ),
}

OPTIONS: Mapping[str, Option] = {
    "workspace": Option(WORKSPACE, Text("工作区文件（.gpkg）", "the workspace (.gpkg)")),
    "new_workspace": Option(
        WORKSPACE, Text("要建立的工作区（.gpkg），在本机硬盘上", "the workspace to make (.gpkg), on a local disk")
    ),
    "buildings": Option(FILE, Text("建筑轮廓（面）", "outlines of buildings (polygons)")),
    "barriers": Option(
        FILE, Text("不可跨越的河流、铁路、干道（线或面）", "rivers, railways, trunk roads not to be crossed (lines or polygons)")
    ),
    "staff_table": Option(FILE, Text("工作人员（表）", "people responsible (table)")),
    "candidates": Option(FILE, Text("备选地点（点）", "candidate sites (points)")),
    "closure_table": Option(FILE, Text("道路封闭（面或线）", "closures (polygons or lines)")),
    "events": Option(FILE, Text("事件（点或表）", "matters reported (points or table)")),
    "grades": Option(FILE, Text("评级（表）", "grades (table)")),
    "area_members": Option(FILE, Text("联合体成员（表）", "members of alliances (table)")),
    "own_crs": Option(
        "EPSG:N", Text("工作区的投影坐标系，默认按数据选", "projected CRS of the workspace; chosen from the data unless given")
    ),
    "own_name": Option("NAME", Text("工作区的名称", "what the workspace is called")),
    "new_key": Option(
        FILE,
        Text("生成 HMAC 密钥，写入这个新文件（请另处保管）", "make a key for the HMACs in this new file (keep it elsewhere)"),
    ),
    "key": Option(
        FILE,
        Text(
            "HMAC 密钥文件（权限 0600）；也可设环境变量 GEOGRID_KEY_FILE",
            "file with the key of the HMACs (mode 0600); also the environment variable GEOGRID_KEY_FILE",
        ),
    ),
    "without_key": Option(
        "",
        Text(
            "没有密钥也写入：上一版带有 HMAC 时，不给密钥就不写；账本会记下",
            "write without the key: otherwise nothing is written after a version with an HMAC; the ledger records it",
        ),
    ),
    "who": Option("NAME", Text("经办人", "who does this")),
    "reason": Option("TEXT", Text("理由", "why")),
    "approval": Option("TEXT", Text("批准文号", "reference of the approval")),
    "published_from": Option(
        "DATE",
        Text("自哪天起对公众有效，默认今天", "from when on the public sees it; today unless given"),
    ),
    "same_people": Option(
        "",
        Text(
            "住户仍用上次发布的那一版：只公布新的边界和设施，几乎不必因此多隐去数字",
            "count the households of the newest publication: only borders and facilities are new, and hardly more is withheld",
        ),
    ),
    "accept_withheld": Option(
        "",
        Text(
            "即使因此前的发布须隐去五分之一以上的数字，也照样发布",
            "publish even where more than a fifth of the figures is withheld because of earlier publications",
        ),
    ),
    "effective": Option(
        "DATE",
        Text(
            "生效日期，如 2026-12-01；默认今天，不能早于上一版；上一版今天还没有生效时必须写明",
            "with effect from, such as 2026-12-01; today unless given, never before the last version's; to be said where that "
            "one takes effect later than today",
        ),
    ),
    "dry_run": Option("", Text("只看结果，什么也不写", "only show what would come of it; write nothing")),
    "part": Option(
        "",
        Text(
            "文件只是表的一部分（如一个村）：按编号更新或新增，其余各行不变",
            "a file is only a part of its table (one village): its rows are changed or added by their ids, all others stay",
        ),
    ),
    "replace": Option(
        "",
        Text("文件整张换新：文件里没有的各行终止，不论多少", "a file replaces its table: what it leaves out ends, however much"),
    ),
    "neighbour": Option(
        FILE, Text("相邻单位的网格或区域，比对共同边界", "grids or areas of a neighbour, to compare the common border")
    ),
    "code_lists": Option(
        FILE,
        Text("代码表（代码、名称、状态、新代码），可多次给出", "list of codes (code, name, status, successors); again for more"),
    ),
    "code_findings": Option("FILE.csv", Text("把编码问题全部写成表", "write all that is wrong with codes as a table")),
    "findings": Option("FILE.geojson|.gpkg", Text("把发现的问题写成图层", "write the findings as a layer")),
    "repair_width": Option(
        "M", Text("修补窄于多少米的缺陷，默认 1", "mend what is narrower than so many metres; 1 unless given")
    ),
    "inside": Option(
        FILE, Text("整个辖区的范围（面），最上级区域应填满它", "polygon of the whole land, which the uppermost areas should fill")
    ),
    "report_folder": Option(
        FOLDER,
        Text(
            "把明细写到这个文件夹（住户在其中的 private/）", "write the details to this folder (households in private/ inside it)"
        ),
    ),
    "grid": Option("GRID", Text("网格编号", "id of a grid")),
    "number": Option(
        "", Text("给没有编码的网格编码（要写 --who、--reason）", "give codes to grids without one (say --who and --reason)")
    ),
    "exported": Option("TABLE", Text("哪张表：grids、areas、households 等", "which table: grids, areas, households ...")),
    "past_version": Option("VERSION", Text("哪一版", "the version")),
    "past_day": Option("DATE", Text("哪一天，如 2026-07-02；默认今天", "the day, such as 2026-07-02; today unless given")),
    "export_file": Option("OUT", Text("新文件，格式由扩展名决定", "the file to write; its extension decides the format")),
    "copy": Option("TARGET", Text("备份文件（.gpkg）", "the backup (.gpkg)")),
    "head_hash": Option(
        "HASH",
        Text(
            "采纳单上印的哈希，或其前 12 位以上，账本里必须有它",
            "hash printed on an adoption sheet, or 12 or more of its first digits, which the ledger must hold",
        ),
    ),
    "erased": Option(
        "FILE|ID,ID", Text("户编号，或有 household_id（户编号）列的 CSV", "ids, or a CSV with a column household_id")
    ),
    "plan_name": Option("NAME", Text("方案名称", "name of the plan")),
    "plan": Option("PLAN", Text("方案的名称或编号", "name or id of the plan")),
    "plan_source": Option(FILE, Text("方案文件（.json）或面文件", "a plan file (.json), or polygons")),
    "lock": Option("ID,ID", Text("锁定的网格，不许改动", "grids that must stay as they are")),
    "unlock": Option("ID,ID", Text("解锁的网格", "grids that are free again")),
    "operations_file": Option(
        "FILE.json", Text("操作文件：方案文件，或操作记录的列表", "operations: a plan file, or a list of records")
    ),
    "hand": Option(
        "TO=FILE",
        Text("把面文件中的土地划给 TO；TO 留空则暂不分配", "hand the land of polygons to grid TO; without TO, to nobody yet"),
    ),
    "hand_units": Option("TO=U1,U2", Text("把这些单元的土地划给 TO", "hand the land of these units to grid TO")),
    "split": Option("G=FILE", Text("沿线文件拆分网格 G", "split grid G along the lines of a file")),
    "split_units": Option("G=U1,U2", Text("把网格 G 的这些单元分出为新网格", "make a new grid of these units of grid G")),
    "split_into": Option("G=N", Text("把网格 G 按户数均分为 N 个", "split grid G into N with equally many households")),
    "merge": Option("INTO=G2,G3", Text("把 G2、G3 并入 INTO", "merge G2 and G3 into INTO")),
    "border": Option("G1,G2=FILE", Text("以线文件为 G1 与 G2 的边界", "make the line of a file the border of G1 and G2")),
    "draw": Option(FILE, Text("面文件中的每个面成为一个新网格", "each polygon of a file becomes a new grid")),
    "rename": Option("G=NAME", Text("改名", "give a grid another name")),
    "restaff": Option(
        "G=FIELD:TEXT;…",
        Text(
            "换人，如 G1=网格长:张三;电话:…；也可写 leader、member、phone、supervision_phone、duties",
            "other people, as G1=leader:Li;phone:…; also member, supervision_phone, duties",
        ),
    ),
    "reparent": Option("G=PARENT", Text("改隶另一区域或上级网格", "put a grid under another area or larger grid")),
    "retire": Option(
        "G[=HEIR]", Text("撤销网格，土地归 HEIR；不写则暂不分配", "end a grid, its land to HEIR; else to nobody yet")
    ),
    "place": Option(
        "F.geojson", Text("操作被拒绝时，把位置写成 GeoJSON", "where an operation is refused, write the place as GeoJSON")
    ),
    "steps": Option("STEPS", Text("几步，默认 1", "how many; 1 unless given")),
    "versions": Option("A,B", Text("比较两版，如 3,7", "compare two versions, such as 3,7")),
    "full": Option("", Text("列出全部网格，不只是变动的", "list every grid, not only those that change")),
    "accept": Option(
        "KIND,KIND",
        Text(f"接受方案带来的这些缺陷：{'、'.join(DEFECTS)}", f"accept new defects of these kinds: {', '.join(DEFECTS)}"),
    ),
    "keep": Option(
        "N,N",
        Text(
            "保留这些编号的操作，虽然基准在其下变了", "keep the operations of these numbers although the base changed under them"
        ),
    ),
    "leave_out": Option("", Text("不要有冲突的操作，其余照存", "save without the operations that clash")),
    "conflicts_file": Option("F.geojson", Text("把冲突写成图层", "write the conflicts as a layer")),
}

WHOLE = Text("{name} 后面应为不小于 0 的整数", "{name} must be followed by a whole number from 0 up")
