"""Writes of accounts, roles and grants, a file for each purpose."""
