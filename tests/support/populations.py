"""Made-up users with known personas, as features and as nights that follow each other.

Each persona has a typical user (`TYPICAL`, in the units of the features).  A user lies
around the typical one of their persona: on a logarithmic scale, `spread` standard
deviations of normal noise on each feature.  `separation` 1 leaves the typical users where
they are; 0.5 moves them half way to their common centre, so that personas overlap.

From night to night a user stays who they are, and what they did lately is drawn anew for a
part of the noise (`unrest`): that is what makes a user at a border change persona.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sync_server.personas.chunk import CHUNK_USERS, NOBODY, Chunk, Codes, Floats, Ids
from sync_server.personas.features import FEATURES
from sync_server.personas.naming import NAMES

__all__ = ["TYPICAL", "Population", "population"]

#: A typical user of each persona: newbie, freelancer-pro, team-manager, ai-power.
TYPICAL: dict[str, tuple[float, float, float, float]] = {
    "time_to_first_value_hours": (200, 4, 12, 2),
    "tenure_days": (6, 200, 260, 150),
    "active_days": (3, 16, 18, 20),
    "active_weeks": (1, 4, 4, 4),
    "active_days_last_week": (1, 4, 5, 5),
    "weekend_share": (0.2, 0.4, 0.05, 0.3),
    "events_per_active_day": (4, 30, 45, 90),
    "events_peak_day": (7, 60, 90, 200),
    "recent_events_share": (0.8, 0.3, 0.3, 0.3),
    "ai_calls_per_active_day": (0.3, 9, 2, 50),
    "ai_calls_peak_day": (1, 18, 6, 110),
    "ai_active_days": (0.3, 9, 3, 19),
    "ai_heavy_days": (0, 0.3, 0, 14),
    "ai_share_of_events": (0.03, 0.3, 0.04, 0.6),
    "solo_projects": (0.4, 8, 1, 2),
    "tasks_completed": (2, 60, 40, 50),
    "invoices_sent": (0, 12, 1, 1),
    "exports_made": (0.2, 10, 5, 8),
    "shared_projects": (0.1, 0.4, 7, 1),
    "shared_project_share": (0.05, 0.05, 0.85, 0.3),
    "largest_project_members": (1, 1, 12, 3),
    "invites_sent": (0.1, 0.2, 9, 1),
    "invites_accepted": (0, 0.1, 7, 0.6),
    "pm_feature_uses": (0.3, 2, 60, 3),
    "pm_active_days": (0.2, 1, 14, 2),
    "messages_sent": (1, 5, 80, 10),
    "steps_started": (12, 5, 5, 3),
    "steps_completed": (7, 4, 4, 1),
    "step_completion_share": (0.6, 0.8, 0.7, 0.3),
    "steps_skipped": (1, 1, 1, 3),
    "steps_dismissed": (1, 0.5, 0.5, 1.5),
    "seconds_per_step": (25, 9, 11, 4),
}
#: Largest value of what has one, by unit and window.
_MOST = {("days", 28): 28.0, ("days", 7): 7.0, ("weeks", 28): 4.0}
_SHARES = (0.4, 0.25, 0.2, 0.15)


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Users of one night: ids (n, 16), true personas (n,), features (n, 32)."""

    ids: Ids
    truth: Codes
    features: Floats
    #: Typical logarithms (k, 32), and of each user what lasts and what was lately.
    typical: NDArray[np.float64]
    lasting: NDArray[np.float32]
    lately: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)

    def chunks(
        self, previous: Codes | None = None, *, size: int = CHUNK_USERS
    ) -> list[Chunk]:
        """Return the users as a refit reads them; nobody has a persona by default."""
        if previous is None:
            previous = np.full(len(self), NOBODY, np.int8)
        starts = range(0, len(self), size)
        return [
            Chunk(
                self.ids[i : i + size],
                previous[i : i + size],
                self.features[i : i + size],
            )
            for i in starts
        ]

    def only(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> Population:
        """Return some of the users, or all in another order."""
        return replace(
            self,
            ids=self.ids[kept],
            truth=self.truth[kept],
            features=self.features[kept],
            lasting=self.lasting[kept],
            lately=self.lately[kept],
        )

    def next_night(self, rng: np.random.Generator, *, unrest: float) -> Population:
        """Return the same users a night later."""
        fresh = _normal(rng, self.lately.shape)
        lately = np.float32(np.sqrt(1 - unrest**2)) * self.lately
        lately += np.float32(unrest) * fresh
        return replace(
            self,
            lately=lately,
            features=_features(self.typical, self.truth, self.lasting + lately),
        )


def population(
    users: int,
    rng: np.random.Generator,
    *,
    separation: float = 1.0,
    spread: float = 0.35,
    shares: tuple[float, float, float, float] = _SHARES,
) -> Population:
    """Return so many users; half of the noise's variance lasts, half is of lately."""
    typical = _typical(separation)
    truth = rng.choice(len(NAMES), users, p=shares).astype(np.int8)
    scale = np.float32(spread * np.sqrt(0.5))
    lasting = scale * _normal(rng, (users, len(FEATURES)))
    lately = scale * _normal(rng, (users, len(FEATURES)))
    return Population(
        ids=_ids(users, rng),
        truth=truth,
        features=_features(typical, truth, lasting + lately),
        typical=typical,
        lasting=lasting,
        lately=lately,
    )


def _normal(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float32]:
    return rng.standard_normal(shape, np.float32)


def _typical(separation: float) -> NDArray[np.float64]:
    rows = [TYPICAL[feature.name] for feature in FEATURES]
    logs = np.log1p(np.array(rows, float)).T
    middle = logs.mean(axis=0)
    moved: NDArray[np.float64] = middle + separation * (logs - middle)
    return moved


def _features(
    typical: NDArray[np.float64], truth: Codes, noise: NDArray[np.float32]
) -> Floats:
    """Return features as a database counts them: shares up to 1, whole projects."""
    # noise follows how far the typical users of a feature lie apart
    reach = typical.std(axis=0).clip(0.05).astype(np.float32)
    logs = typical.astype(np.float32)[truth] + noise * np.sqrt(reach)
    features: Floats = np.expm1(logs.clip(0.0))
    for place, feature in enumerate(FEATURES):
        column = features[:, place]
        most = 1.0 if feature.unit == "share" else 1e6
        most = _MOST.get((feature.unit, feature.window_days or 0), most)
        np.minimum(column, most, out=column)
        if feature.window_days == 90 and feature.unit not in {"share", "seconds"}:
            np.rint(column, out=column)
    return features


def _ids(users: int, rng: np.random.Generator) -> Ids:
    """Return random UUIDs (version 4)."""
    ids = rng.integers(0, 256, (users, 16), np.uint8)
    ids[:, 6] = ids[:, 6] & 0x0F | 0x40
    ids[:, 8] = ids[:, 8] & 0x3F | 0x80
    return ids
