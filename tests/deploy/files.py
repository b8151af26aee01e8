"""The files with which the server is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

__all__ = ["DEPLOY", "ROOT", "documents", "mapping"]

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def documents(path: Path) -> list[Any]:
    """Return the documents of a YAML file."""
    return list(YAML(typ="safe", pure=True).load_all(path))


def mapping(path: Path) -> dict[str, Any]:
    """Return the only document of a YAML file."""
    (document,) = documents(path)
    assert isinstance(document, dict)
    return document
