"""Whose turn it is, where a rule spans rows that no constraint of the database sees together."""

from django.db import connection


def one_at_a_time() -> None:
    """Of two who would close a circle of managers, or give one ID number twice, the second waits until the first has
    committed; SQLite has one writer anyway. Whoever locks people does so before, lest two wait for each other."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('people.reporting lines'))")
