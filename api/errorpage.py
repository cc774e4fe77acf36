"""An error as a page, for people whose browser met one: what is wrong, what to do, and the way back."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from geogrid.words import Text
from maps.document import page
from maps.markup import element

if TYPE_CHECKING:
    from geogrid.words import Lang

NEED_KEY = (401, 403)
"""Where logging in, or with another key, may help."""
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


def error_page(title: str, detail: str, status: int, home: str, *, lang: Lang) -> str:
    """Return the page.

    Parameters
    ----------
    title, detail : str
        As the problem details say them.
    status : int
    home : str
        The relative address of the start page.
    lang : "zh" or "en"
    """
    back = element("a", Text("← 首页", "← Start page").say(lang), href=f"{home}?lang={lang}")
    login = element("a", Text("登录", "Log in").say(lang), href=f"{home}login?lang={lang}") if status in NEED_KEY else None
    body = element(
        "main",
        element("header", element("p", back, class_="kicker"), element("h1", title)),
        element("p", detail, role="alert") if detail else None,
        element("p", login) if login else None,
        element("p", Text("代码 {n}", "Code {n}").fill(n=status).say(lang), class_="note"),
    )
    return page(f"{title} · geogrid", body, lang=lang)


def policy_of(content: str) -> str:
    """Return the policy that goes with a page: its own, and that nobody frames it."""
    found = POLICY.search(content)
    policy = html.unescape(found.group(1)) if found else "default-src 'none'"
    return f"{policy.rstrip('; ')}; frame-ancestors 'none'"
