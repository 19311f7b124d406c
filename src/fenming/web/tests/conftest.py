"""The small company, for the tests of the whole site."""

from fenming.modules.conftest import small_company

__all__ = ["small_company"]
