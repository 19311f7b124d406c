"""The organisation drawn from left to right: where each box stands, and the lines between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from fenming.modules.people.queries.organisation import Node

WIDTH, HEIGHT, GAP_X, GAP_Y = 190, 46, 44, 12


@dataclass(frozen=True, slots=True)
class Box:
    """A department, by its upper left corner."""

    node: Node
    x: int
    y: int

    @property
    def middle(self) -> int:
        return self.y + HEIGHT // 2


@dataclass(slots=True)
class Chart:
    boxes: list[Box] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        return max((one.x for one in self.boxes), default=0) + WIDTH + 2

    @property
    def height(self) -> int:
        return max((one.y for one in self.boxes), default=0) + HEIGHT + 2


def drawn(roots: Sequence[Node]) -> Chart:
    """Every department, those below one beside each other, their parent at the middle of them."""
    chart, rows = Chart(), count()
    for one in roots:
        _draw(chart, one, 0, rows)
    return chart


def _draw(chart: Chart, node: Node, depth: int, rows: Iterator[int]) -> Box:
    """Those below first: they tell how high the department stands."""
    below = [_draw(chart, one, depth + 1, rows) for one in node.children]
    y = (below[0].y + below[-1].y) // 2 if below else next(rows) * (HEIGHT + GAP_Y) + 1
    box = Box(node, depth * (WIDTH + GAP_X) + 1, y)
    chart.boxes.append(box)
    for one in below:
        start = box.x + WIDTH
        chart.lines.append(f"M{start} {box.middle}H{start + GAP_X // 2}V{one.middle}H{one.x}")
    return box
