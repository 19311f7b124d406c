"""Writes of boards: what people keep of them. A file for each thing."""
