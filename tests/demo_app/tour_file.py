"""The demo's own tutorial, as the server would answer it to a user of the control."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import sync_server
from client_sdk import Step, SurveyPrompt, TutorialConfig

_FILE = Path(sync_server.__file__).parent / "demo" / "welcome-tour.yaml"


def load_tour() -> dict[str, Any]:
    """Return the file as plain data."""
    data: dict[str, Any] = YAML(typ="safe").load(_FILE)
    return data


def read_tour() -> TutorialConfig:
    """Return the control variant's content."""
    data = load_tour()
    return TutorialConfig(
        tutorial_id=data["id"],
        version=1,
        persona="newbie",
        variant="v1_control",
        steps=tuple(Step(**step) for step in data["steps"]),
        expires=datetime.now(UTC) + timedelta(hours=1),
        survey=SurveyPrompt(question=data["survey"]["question"]),
    )


def all_targets() -> list[tuple[str, str]]:
    """Return screen and target of every step that any variant or persona may see."""
    data = load_tour()
    variants = (v for e in data["experiments"] for v in e["variants"])
    changes = [
        *(change for v in variants for change in v.get("changes", [])),
        *(change for persona in data["personas"].values() for change in persona),
    ]
    steps = {step["id"]: step for step in data["steps"]}
    seen = [
        *data["steps"],
        *({**steps[c["replace"]], **c["with"]} for c in changes if "replace" in c),
        *(c["insert"] for c in changes if "insert" in c),
    ]
    return sorted({(s["screen"], s["target"]) for s in seen if "target" in s})
