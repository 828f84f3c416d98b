"""A month of a school of any size as DingTalk exports it, so that tests can vary it."""

import io
import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import xlsxwriter

from trainhub.plugin_api import Upload

WEEK = "一二三四五六日"
PERSON = ["姓名", "考勤组", "部门", "工号", "职位", "UserId"]
DAILY = [
    *PERSON, "日期", "workDate", "班次", "上班1打卡时间", "上班1打卡结果", "下班1打卡时间", "下班1打卡结果", "上班2打卡时间", "上班2打卡结果",
    "下班2打卡时间", "下班2打卡结果", "关联的审批单", "出勤天数", "休息天数", "工作时长(分钟)", "迟到次数", "旷工天数", "外出时长",
]  # fmt: skip
RECORDS = [*PERSON, "考勤日期", "考勤时间", "打卡时间", "打卡结果", "打卡地址", "异常打卡原因", "打卡设备"]


def said(day: date) -> str:
    return f"{day:%y-%m-%d} 星期{WEEK[day.weekday()]}"


def person(number: int) -> dict[str, Any]:
    return {
        "姓名": f"教师{number:03d}",
        "考勤组": "全体教职工",
        "部门": f"第{number % 9}组",
        "工号": f"{number:04d}",
        "职位": "教师",
        "UserId": f"u{number:05d}x",
    }


def row(who: dict[str, Any], day: date, came: str | None, left: str | None, **more: Any) -> dict[str, Any]:
    words = {"上班1打卡结果": "正常" if came else "缺卡", "下班1打卡结果": "正常" if left else "缺卡"}
    return (
        who
        | {"日期": said(day), "班次": "专题培训 14:00-16:00", "上班1打卡时间": came, "下班1打卡时间": left}
        | words
        | more
    )


def rest(who: dict[str, Any], day: date) -> dict[str, Any]:
    return who | {"日期": said(day), "班次": "休息"}


def sheet(
    book: Any,
    name: str,
    columns: Sequence[str],
    rows: Sequence[dict[str, Any]],
    *,
    levels: int = 2,
    titles: int = 2,
    span: str = "",
) -> None:
    """Write titles, a header of one or two merged rows, and the rows."""
    page = book.add_worksheet(name)
    for index in range(titles):
        page.merge_range(
            index,
            0,
            index,
            len(columns) - 1,
            f"{name} 统计日期：{span}" if index == 0 else "报表生成时间：2026-03-06 18:02",
        )
    for column, text in enumerate(columns):
        if levels == 2:
            page.merge_range(titles, column, titles + 1, column, text)
        else:
            page.write_string(titles, column, text)
    for index, item in enumerate(rows, titles + levels):
        for column, text in enumerate(columns):
            value = item.get(text)
            if isinstance(value, str):
                page.write_string(index, column, value)
            elif value is not None:
                page.write(index, column, value)


def workbook(
    daily: Sequence[dict[str, Any]] | None,
    records: Sequence[dict[str, Any]] | None = None,
    *,
    columns: Sequence[str] = DAILY,
    titles: int = 2,
    levels: int = 2,
    span: str = "2026-03-01 至 2026-03-31",
    extra: Sequence[tuple[str, Sequence[str], Sequence[dict[str, Any]]]] = (),
) -> Upload:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    for name, names, rows in extra:
        sheet(book, name, names, rows, span=span, levels=1 if name == "打卡时间" else 2)
    if daily is not None:
        sheet(book, "每日统计", columns, daily, titles=titles, levels=levels, span=span)
    if records is not None:
        sheet(book, "原始记录", RECORDS, records, levels=1, span=span)
    book.close()
    return Upload("报表.xlsx", buffer.getvalue())


def whole_month(people: int, first: date, days: int) -> list[dict[str, Any]]:
    """Everybody on every day, at times that differ."""
    dice = random.Random(7)
    rows = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        for number in range(people):
            who = person(number)
            if day.weekday() > 4:
                rows.append(rest(who, day))
            else:
                rows.append(
                    row(
                        who,
                        day,
                        f"07:{dice.randrange(60):02d}",
                        f"17:{dice.randrange(60):02d}",
                        班次="全勤 08:00-17:30",
                    )
                )
    return rows
