"""``python -m fenming``."""

from fenming.cli import main

main()
