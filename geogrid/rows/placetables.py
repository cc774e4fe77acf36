"""The tables of what a border should mind: buildings, barriers and candidate sites. Rows of ``geogrid.rows.tables``."""

from __future__ import annotations

from geogrid.rows.spec import Column, TableSpec
from geogrid.words import Text

BUILDING_KIND = {
    "residential": "住宅|住宅楼|居民楼|民房|农房|自建房|宿舍|公寓|apartments|house|dormitory|detached|terrace",
    "commercial": "商业|商铺|商场|商住|写字楼|办公楼|办公|市场|retail|office|shop|supermarket",
    "industrial": "工业|厂房|车间|仓库|仓储|warehouse|factory|manufacture",
    "public": "公共|公共建筑|公建|政府|村委会|党群服务中心|文化站|civic|government|townhall",
    "school": "学校|教学楼|幼儿园|中学|小学|kindergarten|college|university",
    "hospital": "医院|卫生院|卫生室|诊所|养老院|clinic",
    "religious": "宗教|寺庙|教堂|祠堂|temple|church|mosque",
    "ancillary": "附属|附属用房|车库|棚|garage|garages|shed|roof",
}
BARRIER_KIND = {
    "water": "水|水域|水系|河|河流|江|溪|湖|湖泊|水库|水渠|渠|渠道|运河|池塘|"
    "river|stream|canal|ditch|drain|lake|reservoir|riverbank",
    "rail": "铁路|铁道|高铁|轨道|地铁|railway|light rail|subway|tram",
    "trunk": "干道|干线|干线公路|主干道|主干路|快速路|国道|省道|高速|高速公路|trunk road|motorway|primary|expressway|highway",
    "cliff": "陡坎|山脊|山岭|悬崖|ridge",
    "wall": "围墙|墙|围栏|fence",
}
CANDIDATE_KIND = {
    "land": "空地|闲置土地|闲置地块|地块|预留用地|vacant land|plot|parcel",
    "building": "闲置房屋|闲置用房|空置房屋|旧房|旧校舍|闲置校舍|vacant building",
    "extension": "改扩建|扩建|现有设施|existing facility",
}

BUILDINGS = TableSpec(
    "buildings",
    Text("建筑", "buildings"),
    ("polygon", "line"),
    (
        Column(
            "building_id",
            "id",
            Text("建筑编号", "building id"),
            "建筑编号|建筑id|建筑物编号|楼栋编号|楼栋号|楼编号|幢号|房屋编号|building",
            "编号|代码|id|osm_id|fid",
            required=True,
            fallback=("source_line",),
        ),
        Column(
            "name",
            "text",
            Text("建筑名称", "building name"),
            "建筑名称|建筑物名称|楼栋名称|楼名|楼栋|楼宇名称|房屋名称",
            "名称|name_zh",
        ),
        Column(
            "kind",
            "choice",
            Text("建筑类别", "kind of building"),
            "建筑类别|建筑类型|建筑用途|房屋用途|用途|building_type",
            "类型|类别|type|fclass|class",
            choices=BUILDING_KIND,
            is_open=True,
        ),
    ),
)
BARRIERS = TableSpec(
    "barriers",
    Text("障碍", "barriers"),
    ("line", "polygon"),
    (
        Column(
            "barrier_id",
            "id",
            Text("障碍编号", "barrier id"),
            "障碍编号|障碍id|屏障编号|河流编号|河道编号|铁路编号|路线编号|barrier",
            "编号|代码|id|osm_id",
            required=True,
            fallback=("source_line",),
        ),
        Column(
            "name",
            "text",
            Text("障碍名称", "barrier name"),
            "障碍名称|河流名称|河名|河道名称|水系名称|铁路名称|线路名称|路线名称|道路名称|路名",
            "名称|name_zh",
        ),
        Column(
            "kind",
            "choice",
            Text("障碍类别", "kind of barrier"),
            "障碍类别|障碍类型|屏障类型|地物类型|waterway|railway|natural",
            "类型|类别|type|fclass|class",
            choices=BARRIER_KIND,
            is_open=True,
        ),
    ),
    # A river comes in many pieces that share its id.
    is_id_unique=False,
)
CANDIDATES = TableSpec(
    "candidates",
    Text("候选点", "candidates"),
    ("point",),
    (
        Column(
            "candidate_id",
            "id",
            Text("候选点编号", "candidate id"),
            "候选点编号|候选点id|候选编号|备选点编号|选址编号|点位编号|地块编号|candidate|site_id",
            "编号|代码|id",
            required=True,
            fallback=("source_line",),
        ),
        Column(
            "name",
            "text",
            Text("候选点名称", "candidate name"),
            "候选点名称|候选点|备选点名称|备选点|选址名称|点位名称|地块名称|site",
            "名称|地址|name_zh",
        ),
        Column(
            "kind",
            "choice",
            Text("候选点类别", "kind of candidate"),
            "候选点类别|候选点类型|备选点类型|选址类型|用地类型",
            "类型|类别|type",
            choices=CANDIDATE_KIND,
            is_open=True,
        ),
        Column(
            "cost",
            "float",
            Text("费用", "cost"),
            "费用|造价|建设费用|建设成本|投资|投资额|估算投资|预算|price|estimate",
            minimum=0,
        ),
        Column(
            "capacity",
            "int",
            Text("容量", "capacity"),
            "容量|床位|床位数|学位|学位数|服务能力|places",
            minimum=0,
            maximum=1_000_000,
        ),
    ),
)
