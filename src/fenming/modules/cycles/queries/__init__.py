"""Reads of cycles, a file for each purpose. The scope is applied in `reach`, for all of them."""
