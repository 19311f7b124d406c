"""Which shipped scheme suits a department, told from its name and its posts."""

from collections.abc import Mapping
from dataclasses import dataclass

from fenming.library.schemes import Scheme, schemes
from fenming.modules.people.queries.size import Place

WORDS: Mapping[str, tuple[str, ...]] = {
    "courier": ("配送", "快递员", "司机", "courier", "driver"),
    "customer_service": ("客服", "售前", "售后", "坐席", "客户服务", "customer service", "support", "agent"),
    "logistics": ("物流", "仓储", "仓库", "调度", "发货", "logistics", "warehouse", "dispatch"),
    "sales_representative": ("销售代表", "销售员", "sales rep", "sales_rep"),
    "business": ("业务", "商务", "渠道", "大客户", "销售", "business", "channel", "account manager", "sales"),
    "design": ("设计", "美工", "视觉", "design", "visual"),
    "finance": ("财务", "会计", "出纳", "税务", "finance", "accountant", "cashier"),
    "hr": ("人力", "人事", "招聘", "培训", "hr", "human resources", "recruit", "trainer"),
    "new_media": ("新媒体", "短视频", "内容", "编辑", "media", "editor", "video"),
    "operations": ("运营", "直播", "社群", "operation", "operator", "live"),
    "store": ("门店", "店长", "店员", "导购", "store", "shop clerk"),
}  # fmt: skip
"""What departments and posts are called, by scheme; the more particular ones first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One indicator of a scheme as the page shows it."""

    name: str
    weight: int


def suggestion(*texts: str) -> str:
    """The scheme whose words stand in the texts, or none; codes count like names."""
    said = " ".join(texts).casefold()
    if exact := next((text for text in texts if text in schemes()), ""):
        return exact
    by_post = next((one.id for one in schemes().values() if any(text in one.posts for text in texts)), "")
    return by_post or next((one for one, words in WORDS.items() if _any(words, said)), "")


def _any(words: tuple[str, ...], said: str) -> bool:
    padded = f" {said} "
    return any(word in said if not word.isascii() else f" {word}" in padded for word in words)


def of_place(place: Place) -> str:
    """The scheme of a department: by its name, else by the post of most of its people."""
    by_name = suggestion(place.code, place.name)
    posts = sorted(place.posts, key=lambda one: -one[2])
    if by_name in ("", "courier", "sales_representative"):
        return next((found for code, name, _ in posts if (found := suggestion(code, name))), by_name)
    return by_name


def of_post(place: Place, code: str, name: str) -> str:
    """Another scheme for one post of a department, where its name asks for a more particular one."""
    found = suggestion(code, name)
    return found if found in ("courier", "sales_representative") and found != of_place(place) else ""


def measured(scheme: Scheme, language: str) -> list[Measured]:
    """What a scheme measures, the heaviest first."""
    rows = [
        Measured(name=scheme.indicator(item.indicator).name.say(language), weight=int(item.weight))
        for item in scheme.items
    ]
    return sorted(rows, key=lambda one: -one.weight)
