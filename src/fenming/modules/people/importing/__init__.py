"""Importing people: reading a file, and comparing it with the company. Pure: no database, no clock."""
