"""Two editors: the second is told what the first has made of it."""

from typing import Any


class Stale(Exception):  # noqa: N818 - nobody did wrong, somebody else was faster
    """What is to be changed has changed since the page was opened; ``now`` is how it stands."""

    def __init__(self, now: Any = None) -> None:
        super().__init__(str(now))
        self.now = now
