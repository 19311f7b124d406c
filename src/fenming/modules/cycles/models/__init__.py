"""The tables of a performance cycle, from the plan to the appeal."""

from fenming.modules.cycles.models.appeals import Appeal, Evidence
from fenming.modules.cycles.models.cycles import Cycle, Participant, Step, Task
from fenming.modules.cycles.models.goals import CheckIn, Goal, Question, Recognition
from fenming.modules.cycles.models.outcomes import Calibration, Improvement, Interview, Letter
from fenming.modules.cycles.models.plans import Owner, Plan, PlanStep, Rhythm, StepKind
from fenming.modules.cycles.models.reviews import Rating, Review

__all__ = [
    "Appeal", "Calibration", "CheckIn", "Cycle", "Evidence", "Goal", "Improvement", "Interview", "Letter", "Owner",
    "Participant", "Plan", "PlanStep", "Question", "Rating", "Recognition", "Review", "Rhythm", "Step", "StepKind",
    "Task",
]  # fmt: skip
