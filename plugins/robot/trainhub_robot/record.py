"""What happened and what became of the notices, in the plugin's own tables, and the page that shows them."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from trainhub.plugin_api import Happening, PluginPage, PluginRequest, Store

KEPT = 200
"""How many deliveries and happenings are kept; the oldest go first."""
SCHOOL_TIME = ZoneInfo("Asia/Shanghai")
KINDS = {
    "training.planned": "安排培训",
    "training.moved": "培训改期",
    "training.cancelled": "取消培训",
    "roll.verified": "点名核验",
    "records.changed": "更正记录",
    "staff.changed": "人员变动",
    "plugin.enabled": "启用插件",
    "plugin.disabled": "停用插件",
}
WHY = {
    "no_webhook": "还没填机器人地址，去设置里填",
    "bad_webhook": "机器人地址不对，从群设置里重新整条复制",
    "unreachable": "连不上，检查服务器能否访问外网",
    "bad_answer": "对方的答复看不懂",
    "errcode_310000": "签名、关键词或 IP 不符，核对机器人的安全设置",
    "errcode_300001": "机器人已停用或地址失效",
    "errcode_93000": "机器人地址失效，从群设置里重新复制",
    "errcode_130101": "发得太快，被限流，稍后会再试",
    "errcode_45009": "发得太快，被限流，稍后会再试",
}


def remember(event: Happening) -> None:
    """Keep an event once; an event that comes a second time replaces itself."""
    if event.store is None:
        return
    if event.kind in {"notice.delivered", "notice.failed"}:
        if event.facts.get("channel") == "robot":
            _keep(event.store, "delivery", _delivery(event))
        return
    _keep(event.store, "happening", {"key": event.key, "kind": event.kind, "at": event.at.isoformat()})


def _delivery(event: Happening) -> dict[str, Any]:
    """One row a notice: a later attempt replaces the one before."""
    facts = event.facts
    return {
        "key": str(facts["notice"]),
        "kind": str(facts["about"]),
        "attempt": int(facts["attempt"]),
        "error": str(facts.get("error", ""))[:60],
        "at": event.at.isoformat(),
    }


def _keep(store: Store, table: str, row: Mapping[str, Any]) -> None:
    store.remove(table, {"key": row["key"]})
    store.add(table, [row])
    held = sorted(store.rows(table), key=lambda r: str(r["at"]))
    for old in held[:-KEPT]:
        store.remove(table, {"key": old["key"]})


def show(request: PluginRequest) -> PluginPage:
    """Show the last deliveries, the latest first, and how often what happened."""
    deliveries = sorted(request.store.rows("delivery"), key=lambda r: str(r["at"]), reverse=True)
    counts = Counter(str(row["kind"]) for row in request.store.rows("happening"))
    told = "，".join(f"{KINDS.get(kind, kind)} {count} 次" for kind, count in counts.most_common())
    failed = sum(1 for row in deliveries if row["error"])
    lines = [
        f"最近 {len(deliveries)} 条通知，{failed} 条没有送到。"
        if deliveries
        else "还没有通知。安排、改期或取消一场培训，这里就会出现。"
    ]
    lines += [f"最近发生：{told}。"] if told else []
    return PluginPage(
        "群机器人：最近的通知",
        tuple(lines),
        ("时间", "事项", "结果", "第几次") if deliveries else (),
        tuple(
            (
                _local(row["at"]),
                KINDS.get(str(row["kind"]), str(row["kind"])),
                _why(str(row["error"])),
                str(row["attempt"]),
            )
            for row in deliveries
        ),
    )


def _local(text: Any) -> str:
    return f"{datetime.fromisoformat(str(text)).astimezone(SCHOOL_TIME):%m-%d %H:%M}"


def _why(error: str) -> str:
    if not error:
        return "已送到"
    return f"没有送到：{WHY.get(error, error)}"
