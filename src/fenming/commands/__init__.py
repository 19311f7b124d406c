"""What the ``fenming`` command does, one module for each group of commands."""
