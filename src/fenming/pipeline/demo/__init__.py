"""The demo company 禾苗优选 (Hemiao Select): three hundred people and a year of what they did.

`company()` tells who works where, `shifts()` who held the shared accounts, `facts()` what happened in a month,
and `STORIES` what is hidden in it. Nothing here reads a clock or a file: the seed and the day decide everything.
"""

from fenming.pipeline.demo.company import Assignment, Company, Person, Transfer, company
from fenming.pipeline.demo.events import facts
from fenming.pipeline.demo.places import POSTS, STORE_REGIONS, Shop, Store, Team
from fenming.pipeline.demo.roster import shifts
from fenming.pipeline.demo.stories import STORIES, Story

__all__ = [
    "POSTS", "STORE_REGIONS", "STORIES", "Assignment", "Company", "Person", "Shop", "Store", "Story", "Team",
    "Transfer", "company", "facts", "shifts",
]  # fmt: skip
