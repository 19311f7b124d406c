"""Tours that an account has seen."""

from collections.abc import Iterable

from fenming.modules.start.models import TourSeen


def note_seen(user: int, tour: str) -> None:
    """Somebody has ended or skipped a tour; no entry in the log, since it is nobody's business."""
    TourSeen.objects.get_or_create(user_id=user, tour=tour)


def spare(users: Iterable[int], tours: Iterable[str]) -> None:
    """Accounts that are not shown the tours by themselves: those of a demonstration, which everybody uses."""
    names = list(tours)
    TourSeen.objects.bulk_create(TourSeen(user_id=user, tour=tour) for user in users for tour in names)
