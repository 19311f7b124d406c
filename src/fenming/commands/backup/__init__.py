"""``fenming backup`` and ``fenming restore``: one archive of everything kept, which opens on either database."""
