"""What can be wrong with a row, in words: for each code what was expected and what to do. Adding a code is adding a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.rows.spec import Column

UNKNOWN_POSITION = Text(
    "查清坐标后改正；暂时不知道的，先留在被退回清单里",
    "find the right position and correct it; until then the row stays rejected",
)

PROBLEMS: Mapping[str, tuple[Text, Text]] = {
    "missing_value": (Text("{label}不能为空", "{label} must be filled in"), Text("补上{label}", "fill in {label}")),
    "not_a_number": (
        Text("{label}应为数字，如 {example}", "{label} must be a number, such as {example}"),
        Text("只写阿拉伯数字，不写单位和汉字（写 3，不写“三口”）", "write digits only, without a unit or words (3, not 'three')"),
    ),
    "not_whole": (Text("{label}应为整数", "{label} must be a whole number"), Text("改为整数", "write a whole number")),
    "out_of_range": (
        Text("{label}应在 {range} 之间", "{label} must be {range}"),
        Text("核对并改正数值", "check and correct the number"),
    ),
    "not_a_date": (
        Text("{label}应为日期，如 2026-07-01", "{label} must be a date, such as 2026-07-01"),
        Text("写明年、月、日，并核对当月有没有这一天", "write year, month and day, and check that the month has such a day"),
    ),
    "not_a_period": (
        Text(
            "{label}应写明年份，如 2026Q2、2026年第二季度、2026年9月；一年有四个季度",
            "{label} must name its year, such as 2026Q2 or 2026-09; a year has four quarters",
        ),
        Text("补上年份，或改正季度、月份", "add the year, or correct the quarter or month"),
    ),
    "closed_before_opened": (
        Text("{last}不应早于{first}（{day}）", "{last} must not be before {first} ({day})"),
        Text("核对这两个日期", "check these two dates"),
    ),
    "unknown_choice": (Text("{label}应为：{known}", "{label} must be one of: {known}"), Text("改为其中之一", "use one of these")),
    "unknown_service": (
        Text("已知的服务：{known}", "known services: {known}"),
        Text(
            "改为其中之一（可写多个，用“、”隔开），或在配置中增加该服务",
            "use these (several may be separated by ;), or add the service to the profile",
        ),
    ),
    "too_long_text": (
        Text("{label}最多 {limit} 个字符", "{label} may have at most {limit} characters"),
        Text("缩短文字", "shorten the text"),
    ),
    "lost_digits": (
        Text(
            "{label}超过 15 位时应以文本保存；表格软件把它当数字，末几位已丢失",
            "{label} of more than 15 digits must be kept as text; a spreadsheet made it a number and lost its last digits",
        ),
        Text("把该列设为文本格式，从原始资料重新填写", "format the column as text and fill it in again from the source"),
    ),
    "control_character": (
        Text("{label}不能含有控制字符或乱码", "{label} must not hold control or broken characters"),
        Text("删去这些字符，或用正确的编码重新导出", "remove them, or export again in the right encoding"),
    ),
    "parts_exceed_total": (
        Text("{parts}之和应不超过{total}（{limit}）", "the sum of {parts} must not exceed {total} ({limit})"),
        Text("核对这几项人数", "check these numbers"),
    ),
    "duplicate_id": (
        Text(
            "{label}应唯一；相同编号还出现在第 {lines} 行，{how_zh}",
            "{label} must be unique; it is also on line {lines}, {how_en}",
        ),
        Text("{do_zh}", "{do_en}"),
    ),
    "missing_geometry": (Text("应有坐标或图形", "a position or shape is needed"), UNKNOWN_POSITION),
    "empty_geometry": (
        Text("图形不能是空的", "the shape must not be empty"),
        Text("重新绘制，或删去这一行", "draw it again, or remove the row"),
    ),
    "wrong_geometry_kind": (
        Text("应为{kinds}", "must be a {kinds}"),
        Text("换成正确的图层，或重新绘制", "use the right layer, or draw it again"),
    ),
    "non_finite_coordinate": (Text("坐标应为有限的数字", "coordinates must be finite numbers"), UNKNOWN_POSITION),
    "invalid_geometry": (
        Text("图形不能自相交；问题：{reason}", "the shape must not cross itself; found: {reason}"),
        Text("在 GIS 软件中用“修复几何”改正", "mend it in a GIS ('fix geometries')"),
    ),
    "too_complex_geometry": (
        Text(
            "图形应不超过 {limit} 个顶点，且边线不能大量交错",
            "the shape may have at most {limit} vertices, and no mass of tangled edges",
        ),
        Text("在 GIS 软件中用“简化”减少顶点，并修复几何", "simplify it in a GIS, and fix its geometry"),
    ),
    "null_island": (
        Text("坐标不应为 0,0（常表示没有填写）", "0,0 is not a position (it often means not filled in)"),
        UNKNOWN_POSITION,
    ),
    "latitude_longitude_swapped": (
        Text("经度在前、纬度在后；这里两者颠倒了", "longitude first, latitude second; here they are swapped"),
        Text("把经度和纬度对调", "exchange longitude and latitude"),
    ),
    "out_of_bounds_coordinate": (
        Text("经度应在 -180 到 180、纬度应在 -90 到 90 之间", "longitude must be -180 to 180 and latitude -90 to 90"),
        Text(
            "改正坐标；若坐标以米为单位，请用 crs 指明坐标系",
            "correct it; if the coordinates are metres, name their CRS with crs",
        ),
    ),
    "far_away": (
        Text(
            "应在本表其他位置附近（{near}，相差不超过 {limit}）",
            "must be near the table's other positions ({near}, at most {limit} away)",
        ),
        Text("核对坐标是否输错，或是否属于别的县区", "check for a typing error, or whether it belongs to another county"),
    ),
}
"""Expectation and remedy of every code of ``rejected``; names in braces are filled in for each row or column."""

EXAMPLES = {"int": "3", "float": "12.5"}


class Problem(NamedTuple):
    """One thing wrong with one row; ``row`` is its position in the raw table."""

    row: int
    column: str
    value: object
    code: str
    expected: Text
    remedy: Text


def words(code: str, **values: object) -> tuple[Text, Text]:
    """Return what a code says was expected, and the remedy.

    Examples
    --------
    >>> words("not_whole", label=Text("人口", "persons"))[0].say("en")
    'persons must be a whole number'
    """
    expected, remedy = PROBLEMS[code]
    zh = {key: value.zh if isinstance(value, Text) else value for key, value in values.items()}
    en = {key: value.en if isinstance(value, Text) else value for key, value in values.items()}
    return Text(expected.zh.format(**zh), expected.en.format(**en)), Text(remedy.zh.format(**zh), remedy.en.format(**en))


def cell_words(code: str, column: Column, known: Text) -> tuple[Text, Text]:
    """Return the words for a bad cell of a column; ``known`` lists the choices or services."""
    example = "117.2321" if column.name == "lon" else "28.2883" if column.name == "lat" else EXAMPLES.get(column.kind, "")
    return words(code, label=column.label, example=example, range=range_text(column), known=known, limit=column.max_length)


def range_text(column: Column) -> Text:
    """Return the limits of a column, for a message.

    Examples
    --------
    >>> from geogrid.rows.tables import HOUSEHOLDS
    >>> range_text(HOUSEHOLDS.columns[1]).say("en")
    '0 to 100000'
    """
    low = "-∞" if column.minimum is None else f"{column.minimum:g}"
    high = "∞" if column.maximum is None else f"{column.maximum:.0f}"
    return Text(f"{low} 到 {high}", f"{low} to {high}")
