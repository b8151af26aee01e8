"""Content that was made for nobody, as one user gets to see it on this device."""

from __future__ import annotations

import dataclasses
import json
import logging
from typing import NamedTuple

from client_sdk._assignments import made_on_device
from client_sdk._config_cache import CachedConfig
from client_sdk.contracts.codec import DecodeError, encode
from client_sdk.contracts.planning import Allotment, VariantReason, allot, render_arm

__all__ = ["Rendering", "render"]

logger = logging.getLogger(__name__)


class Rendering(NamedTuple):
    """What was decided, and what it was decided from."""

    served_etag: str
    #: The variant that the user had before.
    kept: str | None
    cached: CachedConfig
    allotment: Allotment


def render(served: CachedConfig, user_id: str, kept: str | None) -> Rendering:
    """Return what a user gets to see; the control, as it was served, in doubt."""
    plan = served.config.experiment
    allotment = allot(plan, user_id, kept=kept)
    if plan is None or allotment.variant is None:
        return Rendering(served.etag, kept, served, allotment)
    try:
        shown = _arm(served, allotment.variant)
    except DecodeError as exc:
        logger.warning("%s: the control is shown: %s", served.config.tutorial_id, exc)
        allotment = Allotment(None, VariantReason.ERROR, str(exc))
        return Rendering(served.etag, kept, served, allotment)
    told = made_on_device(plan, shown.config.variant)
    return Rendering(
        served.etag, kept, dataclasses.replace(shown, assignment=told), allotment
    )


def _arm(shown: CachedConfig, variant_id: str) -> CachedConfig:
    """Return another arm's content, under a tag of its own; the server knows it not."""
    config = render_arm(shown.config, variant_id)
    if config == shown.config:
        return shown
    tag = shown.etag.strip('"')
    body = json.dumps(encode(config), ensure_ascii=False)
    return dataclasses.replace(
        shown, config=config, etag=f'"{tag}-{variant_id}"', body=body
    )
