"""Reading people's files: facts, people and rosters, each row either taken or listed with its reason."""

from fenming.pipeline.reading.findings import ReadingError, Rejected
from fenming.pipeline.reading.loading import Loaded, Source, load
from fenming.pipeline.reading.mapping import Mapping, load_mapping

__all__ = ["Loaded", "Mapping", "ReadingError", "Rejected", "Source", "load", "load_mapping"]
