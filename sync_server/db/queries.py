"""Named queries from the ``.sql`` files that lie beside the stores."""

from __future__ import annotations

from importlib import resources
from typing import Any

import aiosql

__all__ = ["load_queries"]


def load_queries(package: str) -> Any:
    """Return the queries of a package's ``queries.sql``, one callable for each name."""
    text = resources.files(package).joinpath("queries.sql").read_text("utf-8")
    return aiosql.from_str(text, "psycopg")
