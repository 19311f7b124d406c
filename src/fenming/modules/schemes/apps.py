"""Schemes as a Django app."""

from datetime import date
from typing import Any

from django.apps import AppConfig


class SchemesConfig(AppConfig):
    name = "fenming.modules.schemes"

    def ready(self) -> None:
        from fenming.modules.indicators.operations.publishing import leaving

        leaving.connect(keep_what_schemes_read, dispatch_uid="fenming.schemes")


def keep_what_schemes_read(sender: Any, indicator: str, day: date, **_: Any) -> None:
    """An indicator that some scheme reads from that day on stays."""
    from fenming.library.text import refuse
    from fenming.modules.schemes.queries.uses import readers

    found = readers(indicator, day)
    if found:
        zh, en = "、".join(one.zh for one in found), ", ".join(one.en for one in found)
        raise refuse(
            f"仍有方案在使用这个指标：{zh}。请先在这些方案中把它移除或换成别的指标，并使改动自 {day} 或更早生效。",
            f"Schemes still use this indicator: {en}. First take it out of them or put another in its place, "
            f"from {day} or earlier.",
        )
