"""The entity tag depends on what a user sees and on nothing else."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime

from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.tutorial import Step, TutorialConfig
from sync_server.tutorials.rendering import NO_TIME, render_config

WHEN = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
CONFIG = TutorialConfig(
    tutorial_id="tour",
    version=1,
    persona="newbie",
    variant="control",
    steps=(Step(id="a", title="Überblick „eins“"),),
    expires=NO_TIME,
)


def test_the_body_is_the_config_with_its_expiry():
    body = render_config(CONFIG).body(WHEN)

    config = decode(TutorialConfig, json.loads(body))
    assert config == dataclasses.replace(CONFIG, expires=WHEN)
    assert json.loads(body) == encode(config)


def test_the_tag_is_a_quoted_hash_of_128_bits():
    assert re.fullmatch('"[0-9a-f]{32}"', render_config(CONFIG).etag)


def test_the_expiry_does_not_change_the_tag():
    later = dataclasses.replace(CONFIG, expires=WHEN)

    assert render_config(later) == render_config(CONFIG)


def test_whatever_a_user_can_see_changes_the_tag():
    others = [
        dataclasses.replace(CONFIG, version=2),
        dataclasses.replace(CONFIG, persona="ai-power"),
        dataclasses.replace(CONFIG, variant="v1"),
        dataclasses.replace(CONFIG, tutorial_id="other"),
        dataclasses.replace(CONFIG, steps=(Step(id="a", title="Eins"),)),
    ]

    assert len({render_config(config).etag for config in [CONFIG, *others]}) == 6
