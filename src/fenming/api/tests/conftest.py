"""The small company, for the tests of the open API."""

from fenming.modules.conftest import small_company

__all__ = ["small_company"]
