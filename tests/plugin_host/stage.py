"""Plugins from outside for the page tests: one with pages, tables and settings, one that fails, one that says too little."""

from pathlib import Path

from tests.plugin_host.cages import put

ROOMS = """
from trainhub.plugin_api import Delivery, NotifierSpec, PluginAnswer, PluginBlueprint, PluginPage, Refused, Route, hookimpl

SEEN = []


class Robot:
    spec = NotifierSpec("rooms", "门牌")

    def deliver(self, notices, settings):
        return [Delivery(n.key) for n in notices]


def front(request):
    SEEN.append(request)
    return PluginPage("<b>会议室</b>", ("<script>alert(1)</script>",), ("名称",), (("<i>报告厅</i>",),),
                      (("下载", "list.csv"), ("外面", "https://evil.example/x"), ("脚本", "javascript:alert(1)")))


def number(request):
    return PluginAnswer(data={"number": request.arguments["number"], "said": request.query.get("q", ""), "form": dict(request.form),
                              "body": request.body.decode("utf-8", "replace")})


def odd(request):
    what = request.query["what"]
    if what == "away":
        return PluginAnswer(go_to="//evil.example/")
    if what == "home":
        return PluginAnswer(go_to="/rooms/7?q=x")
    if what == "html":
        return PluginAnswer(content=b"<script>alert(1)</script>", media_type="text/html", name="../../x.html")
    if what == "status":
        return PluginAnswer(data={}, status=302)
    if what == "wide":
        return PluginPage("x", (), ("a",), (("1", "2"),))
    if what == "refuse":
        raise Refused("no_header")
    if what == "nothing":
        return None
    raise KeyError("张三 13800000000")


@hookimpl
def trainhub_notifiers():
    return [Robot()]


@hookimpl
def trainhub_blueprints():
    return [PluginBlueprint((
        Route("/", "plugin.read", front, label="会议室"),
        Route("/rooms/<int:number>", "home.read", number),
        Route("/rooms/<int:number>", "plugin.manage", number, "POST"),
        Route("/say", "plugin.manage", number_of_none, "POST", "说一声"),
        Route("/list.csv", "plugin.read", odd),
        Route("/odd", "home.read", odd),
    ))]


def number_of_none(request):
    return PluginAnswer(go_to="/")
"""
SETTINGS = """
[privacy]
stores_personal_data = true
shown = "在页面上"
corrected = "在页面上"
erased = "一并删除"
[[settings]]
name = "webhook"
label = "群机器人地址"
kind = "url"
required = true
scopes = ["bureau", "school"]
[[settings]]
name = "token"
label = "签名密钥"
kind = "secret"
required = true
[[settings]]
name = "seats"
label = "最少座位"
kind = "integer"
scopes = ["bureau", "school"]
minimum = 1
maximum = 500
default = 20
[[settings]]
name = "strict"
label = "座位不够时提醒"
kind = "boolean"
scopes = ["bureau", "school"]
default = true
"""
REVISION = """
import sqlalchemy as sa
from alembic import op
revision = "r1"
down_revision = None
branch_labels = ("plugin_rooms",)
depends_on = None


def upgrade():
    op.create_table("px_rooms_room", sa.Column("district_id", sa.String(32)), sa.Column("name", sa.String(40)))
"""
GRUMBLE = """
from trainhub.plugin_api import PluginBlueprint, Route, hookimpl


def bad(request):
    raise KeyError("张三 13800000000")


@hookimpl
def trainhub_blueprints():
    return [PluginBlueprint((Route("/", "home.read", bad, label="余额"),))]
"""
OPEN = """
from trainhub.plugin_api import PluginAnswer, PluginBlueprint, Route, hookimpl


@hookimpl
def trainhub_blueprints():
    return [PluginBlueprint((Route("/", "public.read", lambda request: PluginAnswer(data={})),))]
"""


def furnish(folder: Path) -> Path:
    """Write the plugins into a folder and return it."""
    rooms = put(folder, "rooms", ROOMS, ["routes", "tables", "notifier:rooms"], more=SETTINGS)
    rooms.joinpath("migrations").mkdir()
    rooms.joinpath("migrations", "r1.py").write_text(REVISION, encoding="utf-8")
    put(folder, "grumble", GRUMBLE, ["routes"])
    put(folder, "wide_open", OPEN, ["routes"])
    put(folder, "silent", "", ["events"], more="[privacy]\nstores_personal_data = true\n")
    return folder
