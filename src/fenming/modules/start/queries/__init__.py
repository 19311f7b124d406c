"""Reads of the first start, a file for each purpose."""
