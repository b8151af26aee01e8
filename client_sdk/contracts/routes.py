"""Paths and header names of the HTTP contract (DESIGN section 4)."""

from __future__ import annotations

__all__ = [
    "ACTIVITY",
    "ANONYMOUS",
    "ASSIGN",
    "CONFIG",
    "CONFIG_V2",
    "DEVICE_HEADER",
    "IDENTIFY",
    "LAUNCH",
    "PERSONA",
    "PROGRESS",
    "STEP",
    "STEPS",
    "SURVEY",
    "USERS",
]

CONFIG = "/api/tutorial/config"
#: The same engine under the path that the specification's section 9 names.
CONFIG_V2 = "/v2/tutorial/config"
LAUNCH = "/api/tutorial/launch"
ANONYMOUS = "/api/tutorial/anonymous"
IDENTIFY = "/api/tutorial/identify"
STEP = "/api/tutorial/step"
STEPS = "/api/tutorial/steps"
SURVEY = "/api/tutorial/survey"
#: With ``/{tutorialId}`` behind it for one tutorial's.
PROGRESS = "/api/tutorial/progress"

#: For services of the house (role=service).
ASSIGN = "/_internal/experiments/assign"
#: With ``/{userId}`` behind it.
PERSONA = "/_internal/persona"
ACTIVITY = "/_internal/activity"
#: With ``/{userId}`` behind it.
USERS = "/_internal/users"

DEVICE_HEADER = "x-kazi-device"
