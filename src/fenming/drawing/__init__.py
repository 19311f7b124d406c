"""Numbers for the eye: the geometry of small charts, and numbers as text. No business, no database."""
