"""Reads of accounts, a file for each purpose."""
