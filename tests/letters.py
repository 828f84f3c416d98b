"""Sample letters, one of each kind; every school, person and event is invented."""

from dataclasses import replace
from datetime import date, timedelta

from trainhub.documents.letters import (
    AppealNotice,
    Block,
    Facts,
    Heading,
    Letter,
    Opinion,
    PageBreak,
    Paragraph,
    Receipt,
    Refusal,
    Seal,
    Signatures,
    Signer,
    Table,
    TableColumn,
    TableRow,
)
from trainhub.documents.numbering import document_number

SCHOOL = "云岭区第一中学"
COMMITTEE = "云岭区第一中学学生欺凌治理委员会"
DAY = date(2026, 11, 20)
CODE = "9f3c-27ab-e810-44d1"
APPEAL = AppealNotice(
    body="云岭区教育局（教育科，云岭区府前路 8 号）",
    term="自收到本认定书之日起 15 个工作日内",
    how="书面提交申诉书，写明不服的事项、理由和证据；书写有困难的，可以口头提出，由受理人记录并交申诉人核对签名。双方当事人及其监护人都可以提出。",
    until=date(2026, 12, 11),
    effect="申诉期间，对被欺凌学生的保护措施不停止；专门教育方案继续执行，但复查机关决定暂缓的除外。",
)  # fmt: skip


def letter(kind: str, title: str, *blocks: Block, seq: int = 3, **more: object) -> Letter:
    number = document_number(kind, 2026, seq, "云岭一中")
    return replace(Letter(kind, title, number, SCHOOL, DAY, blocks, code=CODE), **more)  # type: ignore[arg-type]


def acceptance_notice() -> Letter:
    return letter(
        "acceptance_notice", "线索受理告知书",
        Paragraph("你于 2026年11月9日提交的情况反映（回执号 7KQ2-9XTB）已收到。经初步核对，决定受理，由学校学生欺凌治理委员会组织调查。"),
        Paragraph("调查一般在启动之日起 10 日内完成；确需延长的，另行告知。你的身份信息单独封存，只有承办人可以查看。需要补充材料或者担心受到报复的，请直接联系承办人。"),
        Facts((("受理日期", "2026年11月10日"), ("承办人", "何静（德育处）"), ("联系电话", "0000-12345678"), ("查询方式", "凭回执号在学校网站“办理进度”栏目查询"))),
        Receipt(), to="信息提供人",
    )  # fmt: skip


def investigation_notice(side: str = "被反映") -> Letter:
    """One for each side; the two differ in nothing but what that side is told."""
    told = (
        "学校收到涉及你孩子的情况反映，现依规定启动调查。被调查不等于已经认定，学校将听取你们的陈述和申辩。"
        if side == "被反映"
        else "学校收到你孩子可能受到伤害的情况反映，现依规定启动调查。调查期间学校安排专人陪护，并提供心理辅导。"
    )
    return letter(
        "investigation_notice", "调查告知书",
        Paragraph(told),
        Heading("一、你们的权利"),
        Paragraph("（一）了解调查的事项、期限和调查人员；\n（二）陈述意见、提交证据，陪同孩子接受谈话；\n（三）认为调查人员与本事有利害关系的，申请其回避；\n（四）收到认定书后，依告知的途径提出申诉。", indent=True),
        Heading("二、调查安排"),
        Facts((("调查人员", "何静、陈立新"), ("调查期限", "2026年11月10日至11月19日"), ("谈话时间", "2026年11月12日 16:30"), ("谈话地点", "行政楼 203 室"), ("请携带", "身份证件；与本事有关的聊天记录、照片、就诊材料原件或者复制件"))),
        Heading("三、请予配合"),
        Paragraph("请不要自行向对方或者其他学生求证，不要在班级群、社交平台发布、转发与本事有关的内容。"),
        Signatures((Signer("监护人"),), "以上内容已知悉。", Refusal()),
        Receipt(f"{side}一方监护人"), to=f"{side}一方监护人",
    )  # fmt: skip


def determination() -> Letter:
    evidence = Table(
        (TableColumn("序号", 8, "center"), TableColumn("证据", 34), TableColumn("证明内容", 44), TableColumn("页码", 14, "center")),
        (
            TableRow(("1", "学生乙的谈话笔录（监护人在场）", "三次索要文具、当众取绰号的时间、地点与经过", "3–6")),
            TableRow(("2", "学生甲的谈话笔录（监护人在场）", "承认其中两次，对第三次表示“记不清”", "7–9")),
            TableRow(("3", "三楼走廊监控录像，2026年10月27日 10:02–10:05", "第二次的经过，与笔录一致", "光盘 1 张")),
            TableRow(("4", "班级群聊天记录截图（经双方核对）", "学生甲发布绰号并邀约他人“一起叫”，共 11 条", "10–12")),
        ),
        caption="证据目录",
    )  # fmt: skip
    return letter(
        "determination", "学生欺凌认定书",
        Facts((("当事人", "学生甲（八年级）"), ("相关学生", "学生乙（八年级）"), ("认定结论", "构成学生欺凌"), ("情节", "较重"))),
        Heading("一、事实"),
        Paragraph("2026年9月至10月间，学生甲在教室、三楼走廊先后三次向学生乙索要文具，并在班级群中为其取绰号，邀约他人附和。学生乙因此多次请假，经心理教师访谈，情绪低落持续三周以上。以上事实有下列证据证实，双方监护人均已到场陈述意见。"),
        evidence,
        Heading("二、依据"),
        Paragraph("《中华人民共和国未成年人保护法》第三十九条；《云岭区第一中学学生欺凌防治规定》（2026 年 3 月修订）第六条第二项、第十一条。"),
        Heading("三、认定与处置"),
        Paragraph("2026年11月18日，委员会应到 9 人，回避 1 人，实到 8 人，经表决形成多数意见：学生甲的行为构成学生欺凌，情节较重。"),
        Paragraph("（一）对学生甲予以批评教育，实施专门教育，总学时 18 学时，具体见《专门教育实施方案》；\n（二）学生甲在班主任和双方监护人到场时向学生乙口头道歉，学生乙可以选择不见面；\n（三）对学生乙继续提供心理辅导，调整座位，安排专人陪护一个月。"),
        APPEAL,
        PageBreak(),
        Receipt("学生甲的监护人"),
        to="学生甲的监护人", copies_to=("云岭区教育局", "学校法治副校长", "八年级组"), watermark="何静　2026-11-20 10:32　导出",
    )  # fmt: skip


def education_plan() -> Letter:
    modules = Table(
        (TableColumn("模块", 16), TableColumn("内容", 40), TableColumn("学时", 9, "right"), TableColumn("分钟", 10, "right"), TableColumn("责任人", 25)),
        (
            TableRow(("法治教育", "行为与责任；网络言论的边界；未成年人的法律责任", "6", "270", "陈立新（法治副校长）")),
            TableRow(("心理辅导", "情绪与冲突处理；换位体验；个别谈话", "5", "225", "沈悦（心理教师）")),
            TableRow(("行为规则", "校规学习；写一封信；复盘与表达", "3", "135", "何静（德育处）")),
            TableRow(("公益服务", "图书馆整理；低年级阅读陪伴（不与对方同场）", "2.5", "113", "陈思源")),
            TableRow(("家庭教育", "亲子沟通与监护责任，监护人必须到场", "1.5", "67", "街道家庭教育指导站")),
        ),
        totals=("合计", "", "18", "810", ""),
    )  # fmt: skip
    return letter(
        "education_plan", "专门教育实施方案",
        Facts((("学生", "学生甲（八年级）"), ("认定文号", "云岭一中〔2026〕认 3 号"), ("总学时", "18 学时（810 分钟）"), ("每学时", "45 分钟"), ("起止", "2026年9月23日至12月18日"), ("频次", "每周一至两次"), ("时间安排", "周三下午课后，避开考试和学科课程，不与相关学生的活动同时段、同路线"))),
        Heading("一、目标"),
        Paragraph("能够说清自己的行为给他人造成的伤害；能够用语言而不是嘲弄、索要的方式处理冲突；在监护人的陪同下完成道歉与弥补。"),
        Heading("二、模块与学时"), modules,
        Heading("三、考核办法"),
        Paragraph("学时满额不等于完成。结案评估看出勤、作业、态度与道歉、任课教师和班主任的观察、相关学生一方的感受，由委员会形成结论。"),
        Heading("四、监护人参与"),
        Paragraph("家庭教育模块由监护人本人到场；其余模块每月至少到场一次。监护人未到场的，学生的学时照计，监护人的参与要求另行补足。"),
        Heading("五、对相关学生的保护"),
        Paragraph("本方案的上课时间、地点不公开，日程中以“学校活动”显示。"),
        Signatures((Signer("方案制定人", "何静"), Signer("批准人（委员会主任）"), Signer("监护人（知悉）")), refusal=Refusal("监护人称“需要与家人商量”，当场未签。", ("沈悦", "陈思源"))),
    )  # fmt: skip


LESSONS = (("法治教育：行为与责任", "陈立新", 90), ("心理辅导（个别）", "沈悦", 45), ("情绪与冲突处理", "沈悦", 90), ("家庭教育指导（监护人同到）", "何静", 45), ("公益服务：图书馆整理", "陈思源", 90))
LEDGER_COLUMNS = (
    TableColumn("序", 5, "center"), TableColumn("日期", 13), TableColumn("起止", 12), TableColumn("模块与内容", 32), TableColumn("教育人", 9),
    TableColumn("监护人", 8, "center"), TableColumn("分钟", 7, "right"), TableColumn("认定", 7, "right"), TableColumn("累计", 7, "right"), TableColumn("确认人", 9), TableColumn("凭证", 17),
)  # fmt: skip


def hour_ledger(lines: int = 11) -> Letter:
    """A ledger whose every sixth line takes back a part of the line before it."""
    rows, total = [], 0
    for number in range(1, lines + 1):
        content, teacher, minutes = LESSONS[number % len(LESSONS)]
        day = f"{date(2026, 9, 23) + timedelta(days=number * 3):%Y-%m-%d}"
        counted = -22 if number % 6 == 0 else minutes
        total += counted
        if counted < 0:
            rows.append(TableRow((str(number), day, "", f"更正第 {number - 1} 行：服务单所签时间少 22 分钟", "何静", "", "", "−22", str(total), "沈悦", "说明 已核"), correction=True))
        else:
            rows.append(TableRow((str(number), day, "16:20–17:50", content, teacher, "到场" if number % 5 == 0 else "", str(minutes), str(counted), str(total), "沈悦", "签到 双签")))
    return letter(
        "hour_ledger", "专门教育学时台账",
        Facts((("学生", "学生甲（八年级）"), ("方案文号", "云岭一中〔2026〕教 3 号"), ("应修", "810 分钟（18 学时，每学时 45 分钟）"), ("已认定", f"{total} 分钟"))),
        Table(LEDGER_COLUMNS, tuple(rows), ("", "合计", "", "", "", "", "", str(total), str(total), "", "应修 810"), caption="学时台账（只追加，不涂改；截至 2026年11月20日）"),
        Signatures((Signer("记录人"), Signer("确认人"))), layout="ledger",
    )  # fmt: skip


def completion_review() -> Letter:
    return letter(
        "completion_review", "专门教育结案评估表",
        Facts((("学生", "学生甲（八年级）"), ("方案文号", "云岭一中〔2026〕教 3 号"), ("应修", "810 分钟"), ("实修", "810 分钟"), ("出勤", "缺席 1 次，已补"), ("评估日期", "2026年12月21日"))),
        Heading("一、目标达成"),
        Paragraph("能够说清行为的后果，作业完成认真；对网络言论后果的理解经两次复盘后有明显进步。"),
        Heading("二、各方意见"),
        Opinion("认识与道歉", "已书面道歉，措辞由本人完成；相关学生选择不见面，信件由心理教师转交。"),
        Opinion("监护人意见", lines=4),
        Opinion("相关学生一方", "称近一个月未再发生，愿意继续辅导。"),
        Opinion("心理教师结论", "风险等级：低。建议 30、90、180 日回访。"),
        Heading("三、结论"),
        Paragraph("☐ 完成　　☐ 延长（理由另附）　　☐ 升级（另行决定）".replace("☐", "□"), indent=False),
        Signatures(tuple(Signer(f"委员（{role}）") for role in ("主任", "法治副校长", "社区", "家长代表", "教师", "校外专家"))),
    )  # fmt: skip


def appeal_decision() -> Letter:
    return letter(
        "appeal_decision", "复查决定书",
        Facts((("申诉人", "学生甲的监护人"), ("收到日期", "2026年11月27日"), ("不服的事项", "云岭一中〔2026〕认 3 号认定书关于情节的认定"), ("复查组", "学校代表 1 人、家长代表 1 人、校外专家 3 人；回避 1 人，已另行指定"))),
        Heading("一、申诉理由"), Paragraph("申诉人认为第三次索要文具的证据不足，情节不应认定为较重。"),
        Heading("二、复查查明"), Paragraph("复查组调阅全部证据，听取双方监护人陈述。第三次索要仅有一方陈述，无其他证据印证，原认定将其计入不当；其余事实清楚。"),
        Heading("三、决定"),
        Paragraph("（一）变更认定：构成学生欺凌，情节轻微；\n（二）专门教育方案总学时由 18 学时变更为 9 学时，已修学时计入；\n（三）对相关学生的保护措施不变。"),
        Paragraph("对本决定不服、属于诉讼或者行政复议范围的，依照法律规定办理。"),
        Receipt("申诉人"), number=document_number("appeal_decision", 2026, 2, "云岭教"), school="云岭区教育局", to="学生甲的监护人", copies_to=(SCHOOL,),
    )  # fmt: skip


def meeting_minutes() -> Letter:
    return letter(
        "meeting_minutes", "治理委员会会议记录",
        Facts((("时间", "2026年11月18日 15:30–17:10"), ("地点", "行政楼会议室"), ("主持", "副主任（主任回避）"), ("记录", "何静"), ("应到", "9 人"), ("实到", "8 人"), ("回避人及理由", "主任：与一方当事人有亲属关系，会前申报，未参加讨论和表决，未接触材料"), ("监护人参与", "双方监护人先后到场陈述，各 15 分钟，陈述后离场"))),
        Heading("一、讨论"), Paragraph("委员就行为次数、有无邀约他人附和、对学习生活的影响逐项讨论。有委员提出第三次的证据较弱，建议在认定书中如实写明。" * 4),
        Heading("二、表决"),
        Table((TableColumn("事项", 52), TableColumn("同意", 12, "right"), TableColumn("反对", 12, "right"), TableColumn("弃权", 12, "right"), TableColumn("结果", 16)),
              (TableRow(("是否构成学生欺凌", "8", "0", "0", "通过")), TableRow(("情节认定为较重", "6", "1", "1", "通过")), TableRow(("专门教育总学时 18 学时", "7", "0", "1", "通过")))),
        Heading("三、结论"), Paragraph("依表决结果制作认定书，三日内送达双方监护人。"),
        Signatures(tuple(Signer("委员", name) for name in ("陈立新", "沈悦", "陈思源", "何静", "周明", "林知远", "方可", "阿依古丽·买买提")), "以上记录与会议一致。"),
        sealed=False,
    )  # fmt: skip


def incident_report() -> Letter:
    return letter(
        "incident_report", "专项报告（续报）",
        Facts((("时间", "2026年10月27日 10:02"), ("地点", "教学楼三楼走廊"), ("涉及人员", "学生 3 人（代号甲、乙、丙）"), ("首报文号", "云岭一中〔2026〕报 1 号"), ("报告人", "何静"), ("报告时间", "2026年11月10日 18:05"))),
        Heading("一、起因和经过"), Paragraph("课间，学生甲向学生乙索要文具，学生丙在旁附和，值日教师当场制止，约三分钟。未造成身体伤害。"),
        Heading("二、已采取的措施"), Paragraph("分开询问，通知双方监护人；安排心理教师当日访谈；调取并封存监控录像。"),
        Heading("三、变化情况"), Paragraph("首报后新发现班级群聊天记录 11 条，拟提请委员会一并认定。"),
        seq=2, to="云岭区教育局", copies_to=("云岭派出所",),
    )  # fmt: skip


def interview_record() -> Letter:
    talk = "问：请说一说那天课间发生了什么。\n答：他让我把笔给他，我说不行，他就当着大家的面叫那个外号。\n问：当时还有谁在场？\n答：走廊上有五六个人，有两个跟着叫。\n问：这样的情况以前有过吗？\n答：九月份有一次，国庆以后又有一次，我都没有告诉老师。\n"
    return letter(
        "interview_record", "谈话记录",
        Facts((("时间", "2026年11月12日 16:32 至 17:05"), ("地点", "心理辅导室"), ("谈话对象", "学生乙"), ("谈话人", "何静、沈悦"), ("在场监护人", "母亲"), ("方式", "当面"))),
        Paragraph("谈话开始前已告知：可以不回答不愿意回答的问题，可以随时要求休息；监护人全程在场。"),
        Paragraph(talk * 5),
        Signatures((Signer("谈话对象"), Signer("监护人（合适成年人）"), Signer("谈话人"), Signer("谈话人")), "以上记录我已看过（已向我读过），与我说的一致。", Refusal()),
        sealed=False, watermark="草稿",
    )  # fmt: skip


def correction_notice() -> Letter:
    return letter(
        "correction_notice", "更正通知书",
        Paragraph("云岭一中〔2026〕认 3 号认定书已由云岭教〔2026〕复 2 号决定撤销。此前依该认定书向你单位（你）告知的内容不再有效，请按下列要求办理："),
        Paragraph("（一）停止使用并删除、退回此前收到的认定书、方案及有关材料；\n（二）已据此作出评价、记录、调整的，于收到本通知之日起 5 个工作日内恢复原状，并书面回复；\n（三）不得再向任何人提及、转述原内容。"),
        Table((TableColumn("序号", 10, "center"), TableColumn("原告知事项", 40), TableColumn("更正", 30), TableColumn("完成期限", 24)),
              (TableRow(("1", "综合素质评价中的记载", "撤回，恢复原评价", "2026年12月4日")), TableRow(("2", "专门教育方案及日程", "终止，未上课次全部取消", "即日")))),
        Opinion("办理情况", lines=3),
        Receipt("八年级组"), to="八年级组",
    )  # fmt: skip


def transfer_list() -> Letter:
    return letter(
        "transfer_list", "转学封存移交清单",
        Facts((("移交单位", SCHOOL), ("接收单位", "松河区实验中学"), ("经转单位", "云岭区教育局"), ("封存号", "F-20261120-01"), ("移交事由", "学生转学，专门教育方案尚未完成，剩余 315 分钟由接收学校继续"))),
        Table((TableColumn("序号", 9, "center"), TableColumn("材料名称", 46), TableColumn("份数", 10, "right"), TableColumn("页数", 10, "right"), TableColumn("封条号", 25)),
              tuple(TableRow((str(n), name, "1", str(n * 3), f"S{n:04d}")) for n, name in enumerate(("认定书（副本）", "专门教育实施方案", "学时台账（截至移交日）", "监护人知悉与送达回证", "保护措施说明"), start=1)),
              ("", "合计", "5", "45", ""), caption="封存材料"),
        Paragraph("以上材料装入封套，骑缝加盖学校印章。本清单不进入学生学籍档案。拆封须由接收单位两人在场并记录。"),
        Signatures((Signer("移交人"), Signer("监交人"), Signer("经转人"))),
        Seal(),
        PageBreak(),
        Heading("接收回执"),
        Paragraph("上述材料于　　　年　　月　　日收到，封条　□ 完好　□ 破损（说明：　　　　　　　　）。我校同意接收并继续实施方案。"),
        Signatures((Signer("接收人"), Signer("接收单位负责人"))),
        Seal("松河区实验中学", dated=False),
    )  # fmt: skip


def transfer_receipt() -> Letter:
    return letter(
        "transfer_receipt", "移交回执",
        Paragraph("封存号 F-20261120-01 的材料已收到，共 5 份 45 页，封条完好。专门教育方案自 2026年12月1日起由我校继续实施，剩余 315 分钟。"),
        Signatures((Signer("接收人"), Signer("单位负责人"))), to="云岭区第一中学", school="松河区实验中学",
    )  # fmt: skip


def guardian_answer() -> Letter:
    return letter(
        "guardian_answer", "监护人请求答复书",
        Facts((("请求人", "学生乙的监护人"), ("收到日期", "2026年11月16日"), ("请求事项", "查阅、复制关于孩子的个人信息；更正谈话记录中的一处时间"))),
        Heading("一、答复"),
        Paragraph("（一）同意查阅、复制你孩子本人的信息，请于工作日 8:30–11:30 持身份证件到德育处办理；\n（二）谈话记录的时间经核对录音属实有误，以更正页附后，原页保留；\n（三）涉及其他未成年人的部分不予提供。理由：披露会识别出其他未成年人，未成年人的隐私依法受保护。"),
        Heading("二、对不予提供部分有异议的"),
        Paragraph("可以向云岭区教育局反映，或者依法提起诉讼。"),
        to="学生乙的监护人",
    )  # fmt: skip


SAMPLES = {
    "acceptance": acceptance_notice, "investigation-a": investigation_notice, "investigation-b": lambda: investigation_notice("相关"),
    "determination": determination, "plan": education_plan, "ledger": hour_ledger, "review": completion_review, "appeal": appeal_decision,
    "minutes": meeting_minutes, "report": incident_report, "interview": interview_record, "correction": correction_notice,
    "transfer": transfer_list, "transfer-receipt": transfer_receipt, "answer": guardian_answer,
}  # fmt: skip
"""Name of a sample -> what makes it."""
