"""Names of people, drawn without repetition."""

from numpy.random import Generator

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
)
COMPOUND = ("欧阳", "上官", "司徒", "诸葛")
WOMEN = (
    "芳 娜 敏 静 丽 艳 娟 霞 燕 玲 婷 雪 琳 晶 倩 颖 洁 梅 慧 莉 雅婷 梦琪 诗涵 欣怡 雨桐 佳怡 思颖 晓燕 海燕 "
    "春梅 秀英 丽华 玉兰 美玲 淑珍 小红 晓琳 文静 婉婷 若曦 紫萱 可欣 语嫣 静怡 梦洁 雅琴 晨曦 依诺 子涵 一诺 "
    "丹丹 莹莹 佩瑶 书瑶 雨薇 心怡 明珠 思雨 慧敏 佳琪 晓雯 雪梅 凤英 桂芳 嘉宁 清妍 沐晴 悦宁 知夏 念慈"
)
MEN = (
    "伟 强 磊 军 洋 勇 杰 涛 超 明 刚 平 辉 鹏 华 飞 鑫 波 斌 宇 志强 建国 文博 浩然 子轩 俊杰 天宇 志伟 海涛 "
    "建华 晓东 国庆 永强 家豪 嘉伟 明轩 博文 思远 振宇 立伟 少华 卫东 春雷 云飞 泽宇 宇航 瑞霖 承志 景行 一鸣 "
    "德明 长青 启航 远航 学军 俊熙 皓轩 文杰 志远 大鹏 金龙 正阳 新宇 亦凡 书豪 梓豪 致远 安邦"
)


def names(rng: Generator, count: int) -> list[str]:
    """So many different names, women's and men's mixed; about one in eighty has a surname of two characters."""
    found: dict[str, None] = {}
    while len(found) < count:
        surname = COMPOUND[rng.integers(len(COMPOUND))] if rng.random() < 0.012 else _common(rng)
        given = (WOMEN if rng.random() < 0.55 else MEN).split()
        found.setdefault(surname + given[rng.integers(len(given))])
    return list(found)


def _common(rng: Generator) -> str:
    """Surnames in the order of their frequency: earlier ones are likelier."""
    return SURNAMES[int(len(SURNAMES) * rng.random() ** 1.7)]
