"""The fictional district: which schools there are, how big they are, and how well they keep up."""

from dataclasses import dataclass, field
from typing import Literal

Progress = Literal["met", "good", "half", "behind", "none"]
"""How far a school is with this year's training in the story that the demo tells."""


@dataclass(frozen=True, slots=True)
class Place:
    """One organisation of the story. ``classes`` maps grade to number of classes; ``staff`` own people."""

    key: str
    name: str
    short_name: str
    kind: str
    stages: tuple[str, ...]
    staff: int
    pupils: int = 0
    classes: dict[int, int] = field(default_factory=dict)
    parent: str = "bureau"
    progress: Progress = "good"
    code: str = ""


def _grades(first: int, last: int, classes: int) -> dict[int, int]:
    return dict.fromkeys(range(first, last + 1), classes)


DISTRICT_NAME = "云岭区"
BUREAU = Place("bureau", "云岭区教育局", "教育局", "bureau", (), 46, code="360100", progress="half")
PRINCIPAL_DEMO = "chenxi"
"""Key of the school where most of the story happens."""

SCHOOLS: tuple[Place, ...] = (
    Place("chenxi", "晨曦第一中学", "晨曦一中", "school", ("junior",), 130, 1290, _grades(7, 9, 10), progress="good", code="360101"),
    Place("gaozhong", "云岭区高级中学", "云岭高中", "school", ("senior",), 190, 1300, _grades(10, 12, 9), progress="half", code="360102"),
    Place("shiyan", "云岭区实验小学", "实验小学", "school", ("primary",), 140, 1200, _grades(1, 6, 5), progress="met", code="360103"),
    Place("qinghe", "青禾小学", "青禾小学", "school", ("primary",), 120, 960, _grades(1, 6, 4), progress="good", code="360104"),
    Place("erzhong", "云岭区第二中学", "云岭二中", "school", ("junior",), 100, 780, _grades(7, 9, 6), progress="behind", code="360105"),
    Place("qixia", "栖霞九年一贯制学校", "栖霞学校", "school", ("primary", "junior"), 150, 1120, _grades(1, 9, 3), progress="half",
          code="360106"),
    Place("zhixiao", "云岭职业技术学校", "云岭职校", "school", ("vocational",), 170, 1050, _grades(10, 12, 8), progress="behind",
          code="360107"),
    Place("liuhe", "柳河镇中心小学", "柳河中心小学", "center_school", ("primary",), 90, 520, _grades(1, 6, 2), progress="good",
          code="360108"),
    Place("songxi", "松溪小学", "松溪小学", "school", ("primary",), 75, 380, _grades(1, 6, 2), parent="liuhe", progress="met",
          code="360109"),
    Place("shiqiao", "石桥中学", "石桥中学", "school", ("junior",), 80, 460, _grades(7, 9, 4), progress="none", code="360110"),
    Place("baiyang", "白杨村小学", "白杨村小", "school", ("primary",), 12, 58, _grades(1, 6, 1), parent="liuhe", progress="half",
          code="360111"),
    Place("fengshu", "枫树湾教学点", "枫树湾教学点", "teaching_point", ("primary",), 0, 9, _grades(1, 2, 1), parent="liuhe",
          progress="none", code="360112"),
)
"""Twelve schools, about 1,300 staff with the bureau and 9,100 pupils; every one of them invented."""

DEPARTMENTS: dict[str, tuple[str, ...]] = {
    "bureau": ("办公室", "基础教育科", "政教股", "安全股", "人事科", "督导室", "教研室", "计划财务科"),
    "primary": ("语文组", "数学组", "英语组", "道德与法治组", "科学组", "音乐组", "体育组", "美术组", "信息组"),
    "junior": ("语文组", "数学组", "英语组", "道法组", "历史组", "地理组", "物理组", "化学组", "生物组", "体育组", "艺术组", "信息组"),
    "senior": ("语文组", "数学组", "英语组", "政治组", "历史组", "地理组", "物理组", "化学组", "生物组", "体育组", "艺术组", "通用技术组"),
    "vocational": ("文化课组", "机电专业部", "护理专业部", "学前教育专业部", "信息技术专业部", "财经专业部", "体育组", "实训中心"),
}
OFFICE = "行政"
LOGISTICS = "后勤"
GRADE_NAMES = "一二三四五六七八九"


def department_names(place: Place) -> tuple[str, ...]:
    """Teaching groups of a place, those of all its stages once each."""
    if place.kind == "bureau":
        return DEPARTMENTS["bureau"]
    return tuple(dict.fromkeys(name for stage in place.stages for name in DEPARTMENTS[stage]))


def class_name(place: Place, grade: int, number: int) -> str:
    """Name of a class as the school writes it, with full-width brackets."""
    if grade <= len(GRADE_NAMES):
        return f"{GRADE_NAMES[grade - 1]}年级（{number}）班"
    prefix = "中职" if "vocational" in place.stages else "高"
    return f"{prefix}{'一二三'[grade - 10]}（{number}）班"
