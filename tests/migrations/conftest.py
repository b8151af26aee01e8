"""Fixtures of the migrations' tests."""

from tests.support.postgres import empty_database_url, postgres

__all__ = ["empty_database_url", "postgres"]
