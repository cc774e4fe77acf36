"""What each status means, for the description of the service: of success, and of every error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

DONE: Mapping[int, Text] = {
    200: Text("所要的内容", "What was asked for"),
    201: Text("已建立", "Made"),
    202: Text("已受理，任务在后台进行；进度见 links", "Taken on: a job, which links lead to"),
    204: Text("完成，没有内容", "Done, nothing to send"),
    303: Text("转到 Location 所说的地址", "Go on to what Location says"),
    304: Text("内容没有变化（If-None-Match）", "The caller has these bytes already (If-None-Match)"),
}
"""Statuses that are no errors."""

WRONG: Mapping[int, Text] = {
    400: Text(
        "请求有误：有不认识的或重复的参数，或参数不合标准的写法",
        "A parameter that is unknown, given twice, or not written as the standard wants it",
    ),
    401: Text("密钥不对、已过期或作废，或者没有带密钥", "A key that is wrong, over or revoked, or none where one is needed"),
    403: Text(
        "身份不够：角色、区域或来源网站不允许",
        "Known, but not allowed: the role, its areas, or the site that the request is from",
    ),
    404: Text(
        "没有这个对象，或不在自己的区域内（两者不区分）", "There is no such thing, or none in one's areas; which, is not told"
    ),
    408: Text("正文没有按时到齐", "The body did not arrive in time"),
    409: Text(
        "与现状冲突，或同一 Idempotency-Key 的请求还在进行", "It clashes with what is, or is under way under this Idempotency-Key"
    ),
    412: Text("If-Match 所说的状态已被他人修改：重新读取后再改", "Changed since the state that If-Match names: read it again"),
    413: Text("正文太大", "The body is too large"),
    415: Text("正文不是这个地址所接受的类型", "The body is of a type that this address does not take"),
    422: Text(
        "值或正文不能用，或操作做不到；detail 说明哪里和怎么改",
        "A value or body that is unusable, or work that cannot be done: detail says where",
    ),
    428: Text("修改必须带 If-Match（读取时的 ETag）", "A change needs If-Match, with the ETag that reading gave"),
    429: Text("请求或错误登录过多；Retry-After 秒后再试", "Too many requests or wrong keys: Retry-After says when to try again"),
    503: Text(
        "服务繁忙、尚未发布或不能工作；Retry-After 秒后再试",
        "Busy, nothing published yet, or not able to work: try again after Retry-After",
    ),
}
"""Errors; all of them are sent as problem details."""
