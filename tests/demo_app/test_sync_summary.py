from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from demo_app.sync_summary import Reach, SyncFacts, ago, compact, summarise

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def make_facts(**changes) -> SyncFacts:
    defaults = {
        "online": True,
        "switched_off": False,
        "queued": 0,
        "sent": 0,
        "last_sync_at": None,
        "variant": None,
        "persona": None,
    }
    return SyncFacts(**{**defaults, **changes})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3600, "Synced just now"),
        (9, "Synced just now"),
        (10, "Synced 10 s ago"),
        (59, "Synced 59 s ago"),
        (60, "Synced 1 min ago"),
        (3599, "Synced 59 min ago"),
        (3600, "Synced 1 h ago"),
        (86_399, "Synced 23 h ago"),
        (86_400, "Synced 1 day ago"),
        (864_000, "Synced 10 days ago"),
    ],
)
def test_last_sync_is_told_in_one_unit(seconds, text):
    assert ago(NOW - timedelta(seconds=seconds), now=NOW) == text


def test_device_that_never_synced_says_so():
    assert ago(None, now=NOW) == "Not synced yet"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.0k"),
        (12_345, "12.3k"),
        (99_999, "99.9k"),
        (123_456, "123k"),
        (999_999, "999k"),
        (4_100_000, "4.1M"),
        (10**12, "999M"),
    ],
)
def test_counts_are_shortened(number, text):
    assert compact(number) == text


@given(st.integers(min_value=0, max_value=2**63))
def test_no_count_outgrows_its_column(number):
    assert len(compact(number)) <= 5


def test_reach_says_whose_choice_it_is():
    def reach(**changes):
        return summarise(make_facts(**changes), now=NOW).reach

    assert reach(online=True) is Reach.ONLINE
    assert reach(online=False) is Reach.OFFLINE
    assert reach(online=None) is Reach.UNKNOWN
    assert reach(online=True, switched_off=True) is Reach.SWITCHED_OFF


def test_missing_variant_and_persona_are_named_as_missing():
    summary = summarise(make_facts(), now=NOW)
    assert (summary.variant, summary.persona) == ("none yet", "none yet")
