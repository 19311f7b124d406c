"""``fenming schemes`` and ``fenming indicators``."""

from rich.console import Console
from rich.table import Table

from fenming.library import indicators as library
from fenming.library import schemes as shipped
from fenming.rules.curves import target_of
from fenming.rules.trace import plain


def schemes(language: str, out: Console) -> None:
    """Every shipped scheme with its weights and targets."""
    for scheme in shipped.schemes().values():
        table = Table(title=f"{scheme.id} · {scheme.name.say(language)} · {scheme.cycle}")
        for head in (
            ("指标", "权重", "目标", "缺失") if language == "zh" else ("Indicator", "Weight", "Target", "Missing")
        ):
            table.add_column(head)
        for item in scheme.items:
            target = target_of(item.curve)
            name = scheme.indicator(item.indicator).name.say(language)
            table.add_row(
                f"{name} ({item.indicator})", plain(item.weight), "" if target is None else plain(target), item.missing
            )
        out.print(table)


def indicators(language: str, out: Console, name: str | None) -> None:
    """The library in one table, or one indicator in full."""
    if name is None:
        table = Table()
        heads = ("编号", "名称", "单位", "部门") if language == "zh" else ("Id", "Name", "Unit", "Departments")
        for head in heads:
            table.add_column(head, no_wrap=head == heads[0])
        for one in library.indicators().values():
            table.add_row(one.id, one.name.say(language), one.unit.say(language), ", ".join(one.departments))
        out.print(table)
        return
    one = library.indicator(name)
    for words in (one.name, one.about, one.formula, one.data_source, one.collection, one.pitfalls):
        out.print(words.say(language), highlight=False)
    out.print(one.reference, highlight=False)
