"""When a person may answer a survey again (specification 2.5).  Pure.

The server keeps the rule in PostgreSQL; golden cases hold both to the same answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from client_sdk.contracts.limits import SURVEY_WINDOW_SECONDS

__all__ = ["SURVEY_WINDOW", "survey_closed_until"]

#: An answer keeps the person's others out for this long, before it and after it.
SURVEY_WINDOW = timedelta(seconds=SURVEY_WINDOW_SECONDS)


def survey_closed_until(answered: Iterable[datetime], at: datetime) -> datetime | None:
    """Return until when other answers stand in the way of one given ``at``; None if none.

    ``answered`` are the times of all answers of the person, to whichever tutorial.  An
    answer that was given later stands in the way too: which of two arrives first is
    chance, and both would count within 30 days.
    """
    in_the_way = (one for one in answered if abs(one - at) < SURVEY_WINDOW)
    last = max(in_the_way, default=None)
    return None if last is None else last + SURVEY_WINDOW
