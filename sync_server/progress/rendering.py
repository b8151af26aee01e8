"""A person's progress in one tutorial as the contract tells it.  Pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable

from xxhash import xxh3_128_hexdigest

from client_sdk.contracts.codec import encode
from client_sdk.contracts.progress import TutorialProgress
from sync_server.progress.merging import PositionOf, Standing

__all__ = ["render_progress"]


def render_progress(
    tutorial_id: str,
    standing: Standing,
    run_steps: Iterable[str] | None,
    position_of: PositionOf,
) -> TutorialProgress:
    """Return the progress with its entity tag, a hash of 128 bits over all the rest.

    ``run_steps`` are those completed in the run to go on with, None where there is none.
    """
    progress = TutorialProgress(
        tutorial_id=tutorial_id,
        completed_steps=standing.completed_steps,
        completed=standing.is_completed,
        furthest_step=standing.furthest_step,
        furthest_position=standing.furthest_position,
        xp=standing.xp,
        resume=standing.resume,
        run_steps=None
        if run_steps is None
        else tuple(sorted(run_steps, key=lambda step: (position_of(step), step))),
        etag="",
    )
    text = json.dumps(encode(progress), ensure_ascii=False, separators=(",", ":"))
    return dataclasses.replace(progress, etag=f'"{xxh3_128_hexdigest(text.encode())}"')
