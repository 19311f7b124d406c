"""A site with jobs that take their time, for the worker's tests."""
