"""Reading people's files: facts, people and rosters, each row either taken or listed with its reason."""

from fenming.pipeline.reading.findings import SENTENCES, ReadingError, Rejected
from fenming.pipeline.reading.loading import Loaded, Source, load
from fenming.pipeline.reading.mapping import Mapping, load_mapping
from fenming.pipeline.reading.people import PersonRow, read_people
from fenming.pipeline.reading.roster import read_roster

__all__ = [
    "SENTENCES",
    "Loaded",
    "Mapping",
    "PersonRow",
    "ReadingError",
    "Rejected",
    "Source",
    "load",
    "load_mapping",
    "read_people",
    "read_roster",
]
