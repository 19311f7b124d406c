"""``fenming doctor``: is this installation in order, and if not, how to mend it."""
