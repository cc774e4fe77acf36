"""The tables without shapes: who is responsible for what, what was reported, grades and memberships. Rows of ``rows.tables``."""

from __future__ import annotations

from geogrid.rows.spec import Column, OrderCheck, TableSpec
from geogrid.words import Text

STAFF_ROLE = {
    "leader": "网格长|总网格长|网格负责人|党小组长|组长|grid leader",
    "deputy": "副网格长|网格副组长|副组长|deputy leader",
    "member": "网格员|专职网格员|兼职网格员|网格指导员|grid member",
    "manager": "网格管理员|管理员|管理人|grid manager",
    "building_leader": "楼长|楼栋长|楼门长|building head",
    "stairwell_leader": "单元长|楼道长|门栋长|单元门长|stairwell head",
    "centre_household": "党员中心户|中心户|中心户长",
    "cadre": "包户干部|包联干部|包村干部|联户干部|驻村干部|干部",
    "police": "民警|社区民警|辅警",
    "part_time": "兼职委员|part-time committee member",
    "firm": "共建企业|联建企业|爱心企业|企业|company",
    "partner": "共建单位|联建单位|结对单位|包联单位|驻区单位|驻街单位|共驻共建单位|partner organisation",
    "medical": "医生|家庭医生|村医|医护人员",
}
OF_KIND = {
    "grid": "网格|grids",
    "area": "区域|村|社区|村社区|乡镇|街道|镇|片区|village|community|township",
    "unit": "单元|小组|村民小组|楼栋|小区|楼|building|estate",
    "street": "街巷|背街小巷|道路|巷|road",
    "households": "住户|户|家庭户|household",
}
EVENT_KIND = {
    "dispute": "矛盾纠纷|纠纷|纠纷调解|调解|矛盾",
    "safety": "安全隐患|安全|安全生产|消防|消防隐患|隐患",
    "environment": "环境卫生|环境|卫生|垃圾|市容|市容环境|environmental",
    "facility": "设施损坏|公共设施|市政设施|市政|damage",
    "welfare": "民生服务|民生|帮扶|救助|困难帮扶|办事服务|service",
    "security": "治安|社会治安|综治",
    "petition": "信访|诉求|投诉|群众诉求|complaint",
}

STAFF = TableSpec(
    "staff",
    Text("人员", "staff"),
    (),
    (
        Column(
            "staff_id",
            "id",
            Text("人员编号", "staff id"),
            "人员编号|人员id|网格员编号|责任人编号|工作人员编号|工号|staff",
            "编号|id",
            required=True,
            fallback=("source_line",),
        ),
        Column(
            "name",
            "text",
            Text("姓名", "name"),
            "姓名|人员姓名|责任人|责任人姓名|工作人员姓名|full_name",
            "名称|名字",
            required=True,
        ),
        Column(
            "role",
            "choice",
            Text("职务", "role"),
            "职务|角色|岗位|身份|人员类型|人员类别|duty",
            "类型|类别|type",
            choices=STAFF_ROLE,
            is_open=True,
            required=True,
        ),
        Column(
            "of_kind",
            "choice",
            Text("负责对象类别", "kind of what they are responsible for"),
            "负责对象类别|负责对象类型|对象类别|对象类型|责任对象类型|object_kind",
            choices=OF_KIND,
            is_open=True,
            required=True,
            default="grid",
        ),
        Column(
            "of_id",
            "id",
            Text("负责对象编号", "id of what they are responsible for"),
            "负责对象编号|负责对象|对象编号|责任对象编号|责任对象|责任区编号|object_id",
            "所属网格编号|网格编号|网格号|所属网格|grid_id",
            required=True,
        ),
        Column(
            "phone",
            "text",
            Text("联系电话", "phone"),
            "联系电话|电话|手机|手机号|手机号码|联系方式|电话号码|telephone",
            "tel|mobile",
        ),
        Column("party_member", "bool", Text("是否党员", "party member"), "是否党员|党员|中共党员|is_party_member"),
    ),
    # One person may lead a grid and a building too.
    is_id_unique=False,
    key=("staff_id", "role", "of_kind", "of_id"),
    is_private=True,
)
EVENTS = TableSpec(
    "events",
    Text("事件", "events"),
    ("point",),
    (
        Column(
            "event_id",
            "id",
            Text("事件编号", "event id"),
            "事件编号|事件id|事件号|事项编号|工单编号|工单号|受理编号|案件编号|event",
            "编号|id",
            required=True,
            fallback=("source_line",),
        ),
        Column(
            "kind",
            "choice",
            Text("事件类别", "kind of event"),
            "事件类别|事件类型|事件分类|事项类型|事项类别|问题类型|问题类别|诉求类型",
            "类型|类别|大类|type|category",
            choices=EVENT_KIND,
            is_open=True,
            required=True,
        ),
        Column(
            "opened",
            "date",
            Text("受理日期", "opened"),
            "受理日期|受理时间|上报日期|上报时间|登记日期|登记时间|发生日期|发生时间|立案时间|opened_at|reported",
            "日期|时间|date",
            required=True,
        ),
        Column(
            "closed",
            "date",
            Text("办结日期", "closed"),
            "办结日期|办结时间|结案日期|结案时间|办理完成时间|完成日期|完成时间|closed_at|resolved",
        ),
        Column(
            "household_id",
            "id",
            Text("户编号", "household id"),
            "户编号|户号|住户编号|住户号|户id|家庭编号|涉及户编号|household",
        ),
        Column(
            "place",
            "text",
            Text("地点", "place"),
            "地点|事发地点|发生地点|事件地点|地址|详细地址|位置|address|location",
        ),
    ),
    needs_place=False,
    is_private=True,
    row_checks=(OrderCheck("closed_before_opened", "opened", "closed"),),
)
GRADES = TableSpec(
    "grades",
    Text("等级", "grades"),
    (),
    (
        Column(
            "subject_id",
            "id",
            Text("评定对象编号", "id of what is graded"),
            "评定对象编号|评定对象|对象编号|考核对象编号|考核对象|组织编号|党组织编号|村编号|社区编号|村社区编号|网格编号|单位编号|subject",
            "编号|id|grid_id|area_id",
            required=True,
        ),
        Column(
            "period",
            "period",
            Text("评定周期", "period"),
            "评定周期|评定期|考核周期|考核期|周期|期次|期别|季度|评定季度|考核季度|年度|quarter",
            "时间|日期|年份|year|date",
            required=True,
        ),
        Column(
            "grade",
            "text",
            Text("等级", "grade"),
            "等级|评定等级|考核等级|等次|评定等次|档次|评级|星级|评定结果|考核结果|rating",
            "结果|result",
            required=True,
            max_length=20,
        ),
    ),
    is_id_unique=False,
    key=("subject_id", "period"),
)
AREA_MEMBERS = TableSpec(
    "area_members",
    Text("区域成员", "members of areas"),
    (),
    (
        Column(
            "area_id",
            "id",
            Text("区域编号", "area id"),
            "区域编号|联盟编号|联建编号|联建片区编号|片区编号|融合发展区编号|共同体编号|组团编号|alliance_id",
            "联盟|联建片区|片区|融合发展区|alliance",
            required=True,
        ),
        Column(
            "member_id",
            "id",
            Text("成员编号", "member id"),
            "成员编号|成员村编号|成员村|成员社区编号|成员社区|成员单位编号|成员|村编号|社区编号|村社区编号|member",
            "编号|id",
            required=True,
        ),
    ),
    is_id_unique=False,
    key=("area_id", "member_id"),
)
