"""The letter of a decision on an appeal to one side (复查决定书), as PDF and Word. Written in Chinese, whoever prints it.

It names the child of the side it goes to and nobody else's; what the other side handed in does not stand in it.
"""

from trainhub.appeals.queries.papers import OTHER_CHILD, DecisionPaper
from trainhub.cases.service.documents import number_text
from trainhub.documents.letters import Block, Facts, Heading, Letter, PageBreak, Paragraph, Receipt
from trainhub.kernel.clock import local_day

_KINDS = {"officer": "教育行政部门", "school_rep": "学校代表", "parent_rep": "家长代表", "expert": "校外专家"}
_TIERS = {"minor": "情节轻微", "heavier": "情节较重", "serious": "情节严重", "suspected": "涉嫌违法犯罪"}
_NUMERALS = "一二三四五六七八九十"


def number_of(paper: DecisionPaper) -> str:
    """The number as it is printed: 云岭区教育局〔2026〕复 2 号."""
    return number_text("appeal_decision", paper.year, paper.number, paper.office_short)


def decision_letter(paper: DecisionPaper) -> Letter:
    """The decision for one side."""
    to = f"{paper.child}的监护人"
    blocks: list[Block] = [_facts(paper, to)]
    parts = [("申诉理由", paper.grounds)] if paper.appellant else []
    parts += [("复查查明" if paper.instance == "county" else "学校申诉委员会查明", paper.reasons), ("决定", _decided(paper))]
    for numeral, (title, text) in zip(_NUMERALS, parts, strict=False):
        blocks += [Heading(f"{numeral}、{title}"), Paragraph(text)]
    if paper.clauses:
        blocks.append(Paragraph(f"依据：{'；'.join(paper.clauses)}。"))
    blocks.append(Paragraph(_onward(paper)))
    school = (paper.school,) if paper.instance == "county" else ()
    title = "申诉复查决定书" if paper.instance == "county" else "教育惩戒申诉处理决定书"
    return Letter(
        "appeal_decision", title, number_of(paper), paper.office, paper.issued_on, (*blocks, PageBreak(), Receipt(to)), to=to, copies_to=school,
    )


def _facts(paper: DecisionPaper, to: str) -> Facts:
    day = local_day(paper.filed_at)
    what = "认定" if paper.track == "determination" else "教育惩戒措施"
    pairs = [
        ("申诉编号", paper.label), ("送达对象", to + ("（申诉人）" if paper.appellant else "")), ("案件编号", paper.case_label),
        ("孩子在案卷中的代号", paper.code), ("收到日期", f"{day.year}年{day.month}月{day.day}日"), ("不服的事项", f"{paper.finding_no}{what}".strip()),
    ]
    if paper.group:
        sat = "、".join(f"{_KINDS[kind]} {count} 人" for kind, count in paper.group)
        pairs.append(("复查组", sat + (f"；回避 {paper.aside} 人" if paper.aside else "")))
    return Facts(tuple(pairs))


def _decided(paper: DecisionPaper) -> str:
    whose = "对你孩子的" if paper.own else f"对{OTHER_CHILD}的"
    if paper.track == "discipline":
        return _discipline(paper)
    if paper.outcome == "uphold":
        return f"维持{whose}原认定。申诉期间暂缓执行方案的时间，不计为拖延。"
    if paper.outcome == "return":
        return f"撤回{whose}原认定，由学校重新调查、重新认定。在此期间专门教育方案停止执行；对相关学生的保护措施不变。"
    if paper.outcome == "overturn":
        return (
            f"（一）撤销{whose}原认定；\n（二）专门教育方案终止，未上课次全部取消，已修学时只存于封存的案卷；\n"
            "（三）综合素质评价中据此作出的记载由学校撤回，曾被告知原认定的单位和个人由学校逐一书面更正；\n（四）本案材料依法封存。"
        )
    if not paper.own:
        return f"变更{whose}原认定。变更后的处理由学校依法执行；对被欺凌学生的保护措施不变。"
    lines = [f"变更原认定：构成学生欺凌，{_TIERS.get(paper.tier, '')}"]
    if paper.measures:
        lines.append("采取下列措施：" + "、".join(paper.measures))
    lines.append(f"专门教育方案总学时变更为 {paper.plan_minutes} 分钟，已修学时计入，多出的部分只作记录")
    return "；\n".join(f"（{_NUMERALS[n]}）{line}" for n, line in enumerate(lines)) + "。"


def _discipline(paper: DecisionPaper) -> str:
    if paper.outcome == "uphold":
        return "维持原教育惩戒措施。本决定不涉及是否构成学生欺凌的认定。"
    kept = "、".join(paper.measures) if paper.measures else "无"
    return f"撤回部分或者全部教育惩戒措施，变更后保留的措施：{kept}。本决定不涉及是否构成学生欺凌的认定，专门教育方案不变。"


def _onward(paper: DecisionPaper) -> str:
    if paper.instance == "school":
        return "对本决定不服的，可以向主管教育行政部门申请复核。"
    return "对本决定不服，属于行政复议或者诉讼范围的，依照法律规定办理。"
