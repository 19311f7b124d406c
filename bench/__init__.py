"""Each figure the README quotes, reproducible by one command: ``python -m bench``."""
