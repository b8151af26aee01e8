"""The golden cases, read the same way by the tests of both sides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from client_sdk.contracts.anonymous import AnonymousRequest
from client_sdk.contracts.ping import BatchReceipt, PingBatch, StepPing
from client_sdk.contracts.problem import Problem
from client_sdk.contracts.survey import SurveySubmission
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["CASES", "load_case_file", "wire_cases"]

CASES = Path(__file__).with_name("cases")

_TYPES = {
    type_.__name__: type_
    for type_ in (
        AnonymousRequest,
        BatchReceipt,
        PingBatch,
        Problem,
        StepPing,
        SurveySubmission,
        TutorialConfig,
    )
}
_FILES = ("anonymous", "batch", "config", "ping", "problem", "receipt", "survey")


def load_case_file(name: str) -> Any:
    """Return the parsed file ``cases/<name>.json``."""
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


def wire_cases(kind: str) -> list[ParameterSet]:
    """Return (type, case) of every ``valid`` or ``invalid`` case of every file."""
    return [
        pytest.param(_TYPES[data["type"]], case, id=f"{name}: {case['name']}")
        for name, data in ((name, load_case_file(name)) for name in _FILES)
        for case in data[kind]
    ]
