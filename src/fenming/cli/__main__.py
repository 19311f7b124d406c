"""``python -m fenming.cli``."""

from fenming.cli import main

main()
