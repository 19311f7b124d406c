"""Writes of the organisation and its people, a file for each purpose."""
