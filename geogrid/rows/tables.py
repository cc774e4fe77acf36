"""The canonical tables as data: columns, limits, choices, names that files use for them, and checks across a row.

Adding a table, a column, an alias or a row check is adding a row here. How headers and cells are compared is said in
``geogrid.rows.headers`` and ``geogrid.rows.cells``: case, spaces, punctuation, full-width forms and bracketed units do not
matter.
"""

from __future__ import annotations

from geogrid.rows.closuretable import CLOSURES
from geogrid.rows.placetables import BARRIERS, BUILDINGS, CANDIDATES
from geogrid.rows.recordtables import AREA_MEMBERS, EVENTS, GRADES, STAFF
from geogrid.rows.spec import Column, PartsCheck, TableSpec
from geogrid.words import Text

YES_NO = {"yes": "true|t|y|是|有|1", "no": "false|f|n|否|无|0"}
# Exports of OpenStreetMap as shapefiles write F for along the line, T for against it, B for both ways.
ONEWAY = {"yes": "true|是|单行|1|f", "no": "false|否|双向|双行|0|b", "-1": "reverse|反向|t"}
JUNCTION = {"roundabout": "环岛|环形交叉|环形路口|转盘"}
STATUS = {
    "built": "已建|建成|已建成|在用|现有|已有|现状|运营|运营中|投入使用|正常|existing|open|operating|in use",
    "upgrading": "升级|升级中|提升|提升中|提升改造|改造|改造中|扩建|扩建中|upgrade",
    "improving": "改善|改善中|完善|完善中|improve",
    "planned": "规划|规划中|拟建|计划|待建|筹建|新建|在建|建设中|未建|plan|proposed|under construction",
}
ROAD_CLASS = {
    "motorway": "高速公路|高速",
    "trunk": "国道|快速路",
    "primary": "主干道|主干路|省道",
    "secondary": "次干道|次干路|县道",
    "tertiary": "支路|支道|乡道",
    "unclassified": "村道|村路|其他道路",
    "residential": "街巷|巷道|巷路|小区道路|居住区道路|背街小巷",
    "service": "内部道路|院内道路",
    "pedestrian": "步行街",
    "footway": "人行道|步行道|步道",
    "path": "小路|小道",
    "track": "机耕路|机耕道|田间道",
    "steps": "台阶|梯道",
    "cycleway": "自行车道|绿道",
    "ferry": "轮渡|渡船|渡口|摆渡|渡线",
    "construction": "在建|施工|施工中|建设中",
    "planned": "规划|规划道路|拟建",
    "abandoned": "废弃|已废弃|停用",
}

LONGITUDE = Column(
    "lon",
    "float",
    Text("经度", "longitude"),
    "lng|longitude|long|经度|东经|经度坐标|坐标经度|wgs84经度|lon_wgs84|wgs84_lon|gcj02经度|bd09经度|百度经度|高德经度",
    "x|x坐标|坐标x|point_x|coord_x|e",
    required=True,
)
LATITUDE = Column(
    "lat",
    "float",
    Text("纬度", "latitude"),
    "latitude|纬度|北纬|纬度坐标|坐标纬度|wgs84纬度|lat_wgs84|wgs84_lat|gcj02纬度|bd09纬度|百度纬度|高德纬度",
    "y|y坐标|坐标y|point_y|coord_y|n",
    required=True,
)
"""Coordinates of a table of points that has no geometry column."""

LEVEL = Column("level", "text", Text("级别", "level"), "级别|层级|等级|行政级别|区划级别|admin_level", "类型|type")
CODE = Column(
    "code",
    "id",
    Text("代码", "code"),
    "代码|编码|区划代码|区划编码|行政区划代码|行政代码|统计用区划代码|网格编码|网格代码|adcode|xzqdm|zldwdm",
)
PARENT = Column(
    "parent_id",
    "id",
    Text("上级编号", "id of the parent"),
    "上级编号|上级|上级代码|父级编号|父级|上级区域|上级区域编号|所属乡镇编号|所属街道编号|所属村编号|所属社区编号|所属村社区编号|parent|parent_code",
    "所属乡镇|所属街道|所属村|所属社区|所属村社区|pid",
)
GRID_ID = Column(
    "grid_id",
    "id",
    Text("网格编号", "grid id"),
    "网格编号|网格号|网格id|网格编码|网格代码|所属网格编号|所在网格编号",
    "所属网格|所在网格|网格|grid",
)
UNIT_ID = Column(
    "unit_id",
    "id",
    Text("单元编号", "unit id"),
    "单元编号|单元id|小组编号|村民小组编号|楼栋编号|楼栋号|小区编号",
    "所属小组|所属楼栋|所属小区|unit|building_id",
)
AREA_NAMES = "区域名称|村名|村名称|村社区名称|社区名称|社区名|乡镇名称|街道名称|行政区名称"
WEAK_AREA_NAMES = "名称|地名|name_zh|name_cn|xzqmc|zldwmc|村社区|村|社区|乡镇|街道"


def _count(name: str, label: Text, aliases: str, weak: str = "", *, required: bool = False) -> Column:
    """Return a column that counts people."""
    return Column(name, "int", label, aliases, weak, minimum=0, maximum=100_000, required=required)


def _yes_no(name: str, label: Text, aliases: str) -> Column:
    """Return an OpenStreetMap-like column: yes, no, or another word of its own."""
    return Column(name, "choice", label, aliases, choices=YES_NO, is_open=True)


AREAS = TableSpec(
    "areas",
    Text("区域", "areas"),
    ("polygon",),
    (
        Column(
            "area_id",
            "id",
            Text("区域编号", "area id"),
            "区域编号|区域id|村编号|社区编号|村社区编号|乡镇编号|街道编号|片区编号|area",
            "编号|id|osm_id",
            required=True,
            fallback=("code", "name"),
        ),
        Column("name", "text", Text("名称", "name"), AREA_NAMES, WEAK_AREA_NAMES, required=True),
        Column("level", "text", LEVEL.label, LEVEL.aliases, LEVEL.weak, required=True, default="area"),
        PARENT,
        CODE,
    ),
)
GRIDS = TableSpec(
    "grids",
    Text("网格", "grids"),
    ("polygon",),
    (
        Column(
            "grid_id",
            "id",
            GRID_ID.label,
            "网格编号|网格号|网格id|grid",
            "编号|id",
            required=True,
            fallback=("code", "name"),
        ),
        Column(
            "name",
            "text",
            Text("网格名称", "grid name"),
            "网格名称|网格名|grid_name",
            "名称",
            required=True,
            fallback=("grid_id",),
        ),
        Column("grid_set", "text", Text("网格体系", "grid set"), "网格体系|网格集|网格方案|方案"),
        LEVEL,
        PARENT,
        CODE,
        Column("kind", "text", Text("网格类别", "kind"), "网格类型|网格类别|网格性质", "类别"),
        Column("duties", "text", Text("职责", "duties"), "职责|工作职责|网格职责|职责任务", max_length=5_000),
        Column("leader", "text", Text("网格长", "grid leader"), "网格长|网格长姓名|网格负责人|总网格长|grid_leader", "负责人"),
        Column(
            "member",
            "text",
            Text("网格员", "grid member"),
            "网格员|网格员姓名|专职网格员|网格管理员|网格指导员|grid_member",
            max_length=1_000,
        ),
        Column(
            "phone",
            "text",
            Text("联系电话", "phone"),
            "联系电话|电话|手机|手机号|手机号码|联系方式|telephone",
            "网格长电话|网格员电话|tel",
        ),
        Column(
            "supervision_phone", "text", Text("监督电话", "supervision phone"), "监督电话|举报电话|投诉电话|监督举报电话|hotline"
        ),
    ),
)
UNITS = TableSpec(
    "units",
    Text("单元", "units"),
    ("polygon", "point"),
    (
        Column("unit_id", "id", UNIT_ID.label, UNIT_ID.aliases, "编号|id|unit|building_id", required=True, fallback=("code",)),
        Column(
            "name",
            "text",
            Text("单元名称", "unit name"),
            "单元名称|小组名称|村民小组名称|村民小组|楼栋名称|小区名称|名称|unit_name",
            fallback=("unit_id",),
        ),
        GRID_ID,
        Column(
            "parent_id",
            "id",
            Text("上级单元编号", "id of the unit around it"),
            "上级单元编号|所属单元编号|上级单元|所属小区编号|所属楼栋编号|parent_unit_id|parent_unit",
            "上级编号|parent",
        ),
        Column("kind", "text", Text("单元类型", "kind"), "单元类型|单元类别|类型|类别", "type"),
        Column("class", "text", Text("服务类别", "class"), "服务类别|小区类别|小区分类|分类管理类别|服务标准"),
        _count("party_members", Text("党员人数", "party members"), "党员数|党员人数|党员|党员数量"),
        Column("code", "id", CODE.label, "代码|编码|单元代码|单元编码"),
    ),
)
HOUSEHOLDS = TableSpec(
    "households",
    Text("住户", "households"),
    ("point",),
    (
        Column(
            "household_id",
            "id",
            Text("户编号", "household id"),
            "户编号|户号|住户编号|住户号|户id|家庭编号|家庭户编号|户代码|household|hh_id",
            "户籍编号|编号|编码|id",
            required=True,
        ),
        _count(
            "persons",
            Text("人口", "persons"),
            "人口|人数|人口数|人口数量|家庭人口|家庭人口数|家庭人数|常住人口|常住人口数|常住人数|户人口|户人数|户内人数|户内人口|居住人数|居住人口|"
            "家庭成员数|population|people|household_size|hh_size",
            "户籍人口|户籍人数|成员数|pop|size",
            required=True,
        ),
        _count(
            "aged_65",
            Text("65岁以上人口", "persons aged 65 and over"),
            "65岁以上|65岁及以上|65岁以上人口|65岁及以上人口|65岁以上人数|65岁及以上人数|65岁以上老人|65岁及以上老人|65以上|65及以上|65岁|65+|"
            "老人数|老年人数|老年人口|老年人口数|age_65_plus|elderly|seniors",
            "老人|老年人",
        ),
        _count(
            "children_0_14",
            Text("0-14岁人口", "children aged 0 to 14"),
            "0-14岁|0-14岁人口|0-14岁人数|0-14岁儿童|0-14|0至14岁|0到14岁|14岁以下|14岁及以下|14岁以下人口|14岁及以下人口|14岁以下儿童|"
            "儿童数|儿童人数|儿童人口|少儿人口|少年儿童|age_0_14|children",
            "儿童|kids",
        ),
        UNIT_ID,
        Column("staff_id", "id", Text("责任人编号", "staff id"), "责任人编号|网格员编号|包户干部编号|工作人员编号"),
        GRID_ID,
    ),
    is_private=True,
    row_checks=(PartsCheck("parts_exceed_total", ("aged_65", "children_0_14"), "persons"),),
)
FACILITIES = TableSpec(
    "facilities",
    Text("设施", "facilities"),
    ("point",),
    (
        Column(
            "facility_id",
            "id",
            Text("设施编号", "facility id"),
            "设施编号|设施id|设施编码|设施代码|场所编号|站点编号|点位编号|facility",
            "编号|编码|代码|code|id|osm_id",
            required=True,
        ),
        Column(
            "name",
            "text",
            Text("设施名称", "facility name"),
            "设施名称|设施名",
            "名称|场所名称|站点名称|单位名称|机构名称|name_zh",
            required=True,
        ),
        Column(
            "services",
            "services",
            Text("服务", "services"),
            "service|服务|服务类型|服务类别|服务内容|服务项目",
            "设施类型|设施类别|类型|类别|大类|分类|category|type|kind|class",
            required=True,
        ),
        Column(
            "floor_area_m2",
            "float",
            Text("建筑面积（平方米）", "floor area (m²)"),
            "建筑面积|建筑面积平方米|floor_area|building_area|gfa",
            "面积|面积平方米|使用面积|area_m2|area",
            minimum=0,
            maximum=10_000_000,
        ),
        Column(
            "status",
            "choice",
            Text("状态", "status"),
            "状态|建设状态|建设情况|建设进度|现状|state",
            choices=STATUS,
            required=True,
            default="built",
        ),
        Column(
            "functions", "list", Text("功能", "functions"), "功能|服务功能|具备功能|功能清单|功能区|function", max_length=2_000
        ),
        Column(
            "capacity", "int", Text("容量", "capacity"), "容量|床位|床位数|学位|学位数|服务能力", minimum=0, maximum=1_000_000
        ),
        Column("level", "text", LEVEL.label, "级别|等级|层级"),
        Column(
            "radius_m",
            "float",
            Text("服务半径（米）", "service radius (m)"),
            "服务半径|半径|服务半径米|radius",
            minimum=1,
            maximum=100_000,
        ),
        Column("simulated", "bool", Text("是否模拟", "simulated"), "模拟|是否模拟|模拟数据"),
    ),
)
ROADS = TableSpec(
    "roads",
    Text("道路", "roads"),
    ("line",),
    (
        Column(
            "road_id",
            "id",
            Text("道路编号", "road id"),
            "道路编号|道路id|路段编号|道路代码|osm_id|road",
            "way_id|full_id|link_id|id|编号|gid",
            required=True,
            fallback=("source_line",),
        ),
        Column(
            "highway",
            "choice",
            Text("道路等级", "road class"),
            "class|fclass|road_class|道路等级|道路类型|道路类别|道路级别|公路等级",
            "等级|类型|类别|type|kind",
            choices=ROAD_CLASS,
            is_open=True,
        ),
        Column("oneway", "choice", Text("单行", "one-way"), "单行|单行道|单向|是否单行", choices=ONEWAY, is_open=True),
        Column(
            "oneway_bicycle",
            "choice",
            Text("自行车单行", "one-way for bicycles"),
            "oneway:bicycle|自行车单行|非机动车单行",
            choices=ONEWAY,
            is_open=True,
        ),
        Column("junction", "choice", Text("路口类型", "junction"), "路口类型|交叉口类型", choices=JUNCTION, is_open=True),
        _yes_no("access", Text("通行", "access"), "通行|通行权限|准入"),
        _yes_no("vehicle", Text("车辆", "vehicle"), "车辆|车辆通行"),
        _yes_no("foot", Text("步行", "foot"), "步行|行人|行人通行"),
        _yes_no("bicycle", Text("自行车", "bicycle"), "自行车|非机动车"),
        _yes_no("motor_vehicle", Text("机动车", "motor vehicle"), "机动车|机动车通行"),
        _yes_no("motorcar", Text("小汽车", "motorcar"), "小汽车|小汽车通行"),
        Column("service", "text", Text("服务道路", "service road"), "服务道路"),
        _yes_no("bridge", Text("桥梁", "bridge"), "桥梁|桥|是否桥梁"),
        _yes_no("tunnel", Text("隧道", "tunnel"), "隧道|是否隧道"),
        Column(
            "layer", "int", Text("层", "layer"), "层|层次|所在层", minimum=-100, maximum=100, default=0, is_default_obvious=True
        ),
        # How fast anyone gets along the street. OpenStreetMap's maxspeed, a limit for cars, is no alias: it says nothing of that.
        Column("speed_kmh", "float", Text("速度（公里/小时）", "speed (km/h)"), "速度|通行速度|speed", minimum=0.1, maximum=400),
        _yes_no("closed", Text("封闭", "closed"), "封闭|是否封闭|封闭道路|停用"),
        Column("name", "text", Text("道路名称", "road name"), "道路名称|道路名|路名|街道名称|名称|name_zh"),
    ),
    is_id_unique=False,
)
POINTS = TableSpec(
    "points",
    Text("点", "points"),
    ("point",),
    (
        Column(
            "point_id",
            "id",
            Text("点编号", "point id"),
            "点编号|点位编号|村编号|社区编号|村社区编号|小组编号|point",
            "编号|id|osm_id",
            required=True,
            fallback=("code", "source_line"),
        ),
        Column(
            "name",
            "text",
            Text("名称", "name"),
            AREA_NAMES + "|小组名称|点名称",
            WEAK_AREA_NAMES + "|小组|村民小组",
            required=True,
        ),
        PARENT,
        LEVEL,
        CODE,
    ),
)

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        *(AREAS, GRIDS, UNITS, HOUSEHOLDS, FACILITIES, ROADS, POINTS, CLOSURES),
        *(BUILDINGS, BARRIERS, CANDIDATES, STAFF, EVENTS, GRADES, AREA_MEMBERS),
    )
}
"""Every canonical table by its name."""
