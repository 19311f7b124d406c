"""Writes of cycles, a file for each purpose."""
