"""What stands around the rows: titles, the printed date, totals, legends, footers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from trainhub.plugin_api.cells import moment_of, text_of
from trainhub.plugin_api.tables import Cell, Table
from trainhub_tabular.marks import Claim, legend_of

_TOTALS_CELL = re.compile(r"^(?:合计|总计|小计|共计|总数|总人数|人数合计|合\s+计|小\s+计|总\s+计)(?:$|[:\s(0-9人])")
_FOOTER = re.compile(
    r"^(?:(?:应到|实到|应参加|实参加|应参训|实参训|签到人数|参训人数|出勤人数|缺勤人数|请假人数)\D{0,4}[0-9]"
    r"|(?:备注|说明|注|图例|符号|记录人|制表人?|填表人?|审核人?|统计人?|负责人|制表时间|打印时间|填表说明|签字|盖章|校长|日期)\s*:)"
)
_FIRST_SIGNS = frozenset("合总小共应实签参出缺请备说注图符记制填审统负打盖校日")  # of both patterns above
_COUNTS = {
    "expected": re.compile(r"应(?:到|参加|参训|出勤)\D{0,4}?([0-9]{1,5})"),
    "present": re.compile(r"(?:实(?:到|参加|参训)|出勤|签到)(?:人数)?\D{0,3}?([0-9]{1,5})"),
    "excused": re.compile(r"(?:请假|病事假)(?:人数)?\D{0,3}?([0-9]{1,5})"),
    "absent": re.compile(r"(?:缺席|缺勤|旷会|旷课|未到)(?:人数)?\D{0,3}?([0-9]{1,5})"),
    "late": re.compile(r"迟到(?:人数)?\D{0,3}?([0-9]{1,5})\s*人"),
}
_PRINTED_DAY = re.compile(
    r"(?:培训|活动|会议|签到|上课|学习)?(?:时间|日期)\s*:\s*((?:19|20)[0-9]{2}\s*[-/.年]\s*[0-9]{1,2}\s*[-/.月]\s*[0-9]{1,2}\s*日?)"
    r"|((?:19|20)[0-9]{2}年[0-9]{1,2}月[0-9]{1,2}日?)\s*(?:\([^)]*\))?\s*(?:上午|下午|晚上)?\s*[0-9]{1,2}:[0-9]{2}"
)
_NOT_THE_DAY = re.compile(r"截至|截止|制表|打印|导出|统计|填表|生成|报表|更新")
_TERM = re.compile(
    r"(20[0-9]{2})\s*[-—–~至]+\s*(20[0-9]{2})\s*学年\s*度?\s*(?:第?\s*([一二12])\s*学期|([上下])学期|(秋|春)季)?"
)
_YEAR = re.compile(r"(20[0-9]{2})\s*年")
_CLASS = re.compile(
    r"[^\s,:;《》]{0,4}?(?:[一二三四五六七八九]|初[一二三]|高[一二三]|[0-9]{1,4}级?)(?:年级)?\s*[(]?\s*[0-9一二三四五六七八九十]{1,3}\s*[)]?\s*班"
)


@dataclass(slots=True)
class Facts:
    """What the sheet prints about itself. ``counts`` are the totals as printed."""

    printed_day: date | None = None
    legend: dict[str, Claim] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    years: tuple[int, int] | None = None  # calendar years of the autumn and the spring half
    half: str = ""
    year: int | None = None
    class_name: str = ""

    def year_of_month(self, month: int) -> int | None:
        """Return the calendar year of a month without one, from the printed school year."""
        if self.years is None:
            return self.year
        return self.years[0] if month >= 8 else self.years[1]


def row_text(row: Sequence[Cell]) -> str:
    """Return all text of a row, cells apart."""
    return "  ".join(t for t in map(text_of, row) if t)


def not_data(row: Sequence[Cell], name: str) -> str:
    """Return why a row is no person (``totals``, ``footer``, ``blank``), or ""."""
    first = next((t for t in map(text_of, row) if t), "")
    if not first:
        return "blank"
    if first[0] not in _FIRST_SIGNS and name[:1] not in _FIRST_SIGNS:
        return ""
    if _TOTALS_CELL.match(first) or _TOTALS_CELL.match(name):
        return "totals"
    return "footer" if _FOOTER.match(first) or _FOOTER.match(name) else ""


def facts_of(table: Table, header_first: int, footers: Sequence[Sequence[Cell]]) -> Facts:
    """Read title rows above the header and footer rows below."""
    facts = Facts()
    for row in (*table.rows[:header_first], *footers):
        text = row_text(row)
        facts.legend.update(legend_of(text))
        for key, pattern in _COUNTS.items():
            found = pattern.search(text)
            if found and key not in facts.counts:
                facts.counts[key] = int(found.group(1))
        _dates(text, facts)
    if table.sheet and not facts.class_name:
        found = _CLASS.search(text_of(table.sheet))
        facts.class_name = found.group(0) if found else ""
    return facts


def _dates(text: str, facts: Facts) -> None:
    term = _TERM.search(text)
    if term and facts.years is None:
        facts.years = (int(term.group(1)), int(term.group(2)))
    plain = _YEAR.search(text)
    if plain and facts.year is None:
        facts.year = int(plain.group(1))
    if not facts.class_name:
        found = _CLASS.search(text)
        facts.class_name = found.group(0).strip() if found else ""
    printed = _PRINTED_DAY.search(text)
    if printed and facts.printed_day is None and not _NOT_THE_DAY.search(text[: printed.start() + 6]):
        facts.printed_day = moment_of((printed.group(1) or printed.group(2)).replace(" ", "")).day
