"""Paths and header names of the HTTP contract (DESIGN section 4)."""

from __future__ import annotations

__all__ = ["ANONYMOUS", "CONFIG", "DEVICE_HEADER", "STEP", "STEPS", "SURVEY"]

CONFIG = "/api/tutorial/config"
ANONYMOUS = "/api/tutorial/anonymous"
STEP = "/api/tutorial/step"
STEPS = "/api/tutorial/steps"
SURVEY = "/api/tutorial/survey"

DEVICE_HEADER = "x-kazi-device"
