"""The tables of the paperwork that all modules share."""

from fenming.controls.models.jobs import Work
from fenming.controls.models.log import Operation, Seal
from fenming.controls.models.runs import Run

__all__ = ["Operation", "Run", "Seal", "Work"]
