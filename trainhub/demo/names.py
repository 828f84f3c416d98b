"""Invented names, plausible and reproducible: the same seed gives the same people.

Compound surnames, names of minorities with their dot, and rare characters are in on purpose: they are
what breaks rosters.
"""

from random import Random

_SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马胡朱郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚"
    "沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤温柴"
    "单仇解查翟"
)
_WEIGHTS = [max(2, 90 - i) for i in range(len(_SURNAMES))]
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "夏侯", "尉迟", "令狐", "皇甫", "端木", "慕容")
_ELDER_F = ("秀英", "桂兰", "玉梅", "丽华", "凤霞", "素珍", "春梅", "淑芬", "金凤", "美玲", "玉兰", "红霞", "雪梅", "爱华", "惠珍")
_ELDER_M = ("建国", "建军", "国庆", "志强", "永刚", "立新", "庆华", "卫东", "明德", "学文", "宏伟", "长江", "跃进", "保国", "文斌")
_MIDDLE_F = ("静", "敏", "艳", "丽", "芳", "燕", "娟", "霞", "红梅", "晓燕", "海燕", "雅琴", "慧敏", "文静", "颖", "倩", "蕾", "洁",
             "婷婷", "晓红", "玉婷", "丹", "莉", "琳", "雪")
_MIDDLE_M = ("伟", "强", "磊", "军", "勇", "涛", "斌", "辉", "鹏", "波", "凯", "俊峰", "志远", "少华", "振宇", "晓东", "海涛", "建平",
             "明哲", "永强", "文杰", "旭", "超", "刚", "宁")
_YOUNG_F = ("欣怡", "诗雅", "雨桐", "子涵", "若彤", "思怡", "梦瑶", "佳琪", "心怡", "雅文", "语嫣", "静怡", "晨曦", "可欣", "知夏",
            "清和", "乐瑶", "书瑶", "梓萱", "一诺", "沐晴", "念慈", "安之", "悦宁", "芷若")
_YOUNG_M = ("子轩", "浩然", "宇航", "博文", "锦程", "嘉树", "怀瑾", "亦凡", "梓豪", "俊熙", "天佑", "明轩", "思远", "泽宇", "一鸣",
            "皓轩", "景行", "子墨", "星河", "承志", "彦博", "昊天", "睿哲", "嘉懿", "云帆")
_RARE = ("王䶮", "李喆", "赵堃", "陈龑", "周翀", "吴彧", "孙赟", "马𬭎", "林㛃", "何璟雯", "郑㻢", "许昶", "冯玥", "唐晟", "梁翾")
_MINORITY = (
    "阿依古丽·买买提", "古丽娜尔·艾山", "买买提江·吐尔逊", "阿不都·克里木", "热依汗·司马义", "帕提古丽·阿不都热合曼",
    "艾力·尼亚孜", "乌云其其格", "巴特尔", "格桑卓玛", "扎西次仁", "韦阿妹", "努尔古丽·沙吾提", "萨仁高娃", "德吉央宗",
)


class NameMaker:
    """Draws names from one random source; ``generation`` is elder, middle or young (pupils are young)."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def person(self, generation: str, *, female: bool | None = None) -> str:
        """Return a name. About 2 % compound surnames, 1.5 % minority names, 1 % rare characters."""
        draw = self._random.random()
        if draw < 0.015:
            return self._random.choice(_MINORITY)
        if draw < 0.025:
            return self._random.choice(_RARE)
        woman = self._random.random() < 0.62 if female is None else female
        surname = (
            self._random.choice(_COMPOUND) if draw < 0.045
            else self._random.choices(_SURNAMES, _WEIGHTS)[0]
        )
        return surname + self._given(generation, woman)

    def _given(self, generation: str, woman: bool) -> str:
        pools = {
            "elder": (_ELDER_F, _ELDER_M), "middle": (_MIDDLE_F, _MIDDLE_M), "young": (_YOUNG_F, _YOUNG_M),
        }[generation]
        pool = pools[0] if woman else pools[1]
        if generation == "young" and self._random.random() < 0.5:
            first, second = self._random.choice(pool), self._random.choice(pool)
            return first[0] + second[-1]
        return self._random.choice(pool)
