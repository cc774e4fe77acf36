"""The page on which somebody gives their key and gets a session, and the form that ends it. It has no script."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from api.callers import ROLE_NAMES
from api.officelinks import after_login
from api.pages import OTHER, linked_cards
from geogrid.words import Text
from maps.document import page
from maps.markup import Html, element

if TYPE_CHECKING:
    from api.sessions import Session
    from geogrid.words import Lang

LONGEST_KEY = 200


@dataclass(frozen=True)
class Shown:
    """What the page says besides its form.

    Attributes
    ----------
    wrong : Text or None
        Why the last key did not do.
    note : str
        That nobody needs a key on this machine; "" where it is not so.
    back : str
        Where to go on afterwards.
    zone : tzinfo
        In which the end of a login is told.
    """

    wrong: Text | None = None
    note: str = ""
    back: str = ""
    zone: dt.tzinfo = dt.UTC


@cache
def stylesheet() -> str:
    """Return what this page adds to the style sheet of written pages."""
    static = files("api") / "static"
    return "".join((static / name).read_text(encoding="utf-8") for name in ("service.css", "login.css"))


def login_page(session: Session | None, shown: Shown, *, lang: Lang) -> str:
    """Return the page: for who has no session the form for a key, for others who they are and the way out."""
    title = (Text("工作人员登录", "Log in for staff") if session is None else Text("已登录", "Logged in")).say(lang)
    note = element("p", shown.note, class_="made-up", role="note") if shown.note else None
    form = _enter(shown, lang) if session is None else _leave(session, shown, lang)
    body = element("main", _heading(title, shown.back, lang), note, form)
    return page(f"geogrid · {title}", body, lang=lang, more_css=stylesheet(), has_form=True)


def _heading(title: str, back: str, lang: Lang) -> Html:
    other, name = OTHER[lang]
    switch = element("a", name, href=address(other, back), hreflang=other, class_="switch")
    kicker = element("p", element("a", Text("← 首页", "← Start page").say(lang), href=f"./?lang={lang}"), class_="kicker")
    return element("header", switch, kicker, element("h1", title))


def address(lang: Lang, back: str) -> str:
    """Return the address of the page; what it goes on to was checked, so that it needs only its own signs hidden."""
    escaped = back.replace("%", "%25").replace("&", "%26").replace("?", "%3F").replace("=", "%3D")
    return f"login?lang={lang}" + (f"&next={escaped}" if back else "")


def _enter(shown: Shown, lang: Lang) -> Html:
    given: dict[str, object] = {"name": "key", "type": "password", "required": True, "maxlength": LONGEST_KEY}
    wrong = element("p", shown.wrong.say(lang), class_="wrong", role="alert") if shown.wrong else None
    return element(
        "form",
        element("p", _PASTE.say(lang)),
        element("input", type="text", autocomplete="username", value="geogrid", hidden=True, readonly=True),
        element("label", Text("密钥", "Key").say(lang), for_="key"),
        element("input", id="key", autocomplete="current-password", autofocus=True, spellcheck="false", **given),
        wrong,
        element("input", type="hidden", name="next", value=shown.back),
        element("button", Text("登录", "Log in").say(lang), type="submit"),
        element("p", _KEPT.say(lang), class_="note"),
        method="post",
        action=f"login?lang={lang}",
        class_="enter",
    )


def _leave(session: Session, shown: Shown, lang: Lang) -> Html:
    caller = session.caller
    where = Text("全部区域", "all areas") if caller.is_everywhere else Text("、".join(caller.areas), ", ".join(caller.areas))
    rows = (
        (Text("姓名", "Name"), caller.name),
        (Text("角色", "Role"), ROLE_NAMES[caller.role].say(lang)),
        (Text("范围", "Within"), where.say(lang)),
        (Text("登录有效到", "Until"), f"{dt.datetime.fromisoformat(session.expires_at).astimezone(shown.zone):%Y-%m-%d %H:%M}"),
    )
    listed = element("dl", *(part for name, value in rows for part in (element("dt", name.say(lang)), element("dd", value))))
    token = element("input", type="hidden", name="csrf_token", value=session.csrf)
    button = element("button", Text("退出", "Log out").say(lang), type="submit")
    leave = element("form", token, button, method="post", action=f"logout?lang={lang}", class_="enter")
    return element("section", listed, linked_cards(after_login(caller.role), lang), leave)


_PASTE = Text(
    "请粘贴您的密钥。它以 gg_ 开头，由管理员发给您。",
    "Paste your key. It begins with gg_, and an administrator gives it to you.",
)
_KEPT = Text(
    "浏览器只保存本次登录的标记，不保存密钥；到时自动退出。请勿让公用电脑记住密钥。",
    "The browser keeps a mark of this login, not the key, and the login ends by itself. Let no shared computer keep the key.",
)
