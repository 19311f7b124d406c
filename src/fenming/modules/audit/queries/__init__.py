"""Reads of the operation log."""
