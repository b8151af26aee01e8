from dataclasses import replace
from uuid import UUID

from hypothesis import given, strategies as st

from demo_app.story.ledger import Event, balance

RUN = UUID(int=1)


def make_event(seq: int, *, step: str | None = None, status: str = "completed"):
    return Event(
        event_id=UUID(int=1000 + seq),
        seq=seq,
        run_id=RUN,
        step_id=step or f"step-{seq}",
        status=status,
    )


EVENTS = [make_event(seq) for seq in range(1, 6)]


def balance_of(*, stored, on_device=(), last_seq=5, seen=EVENTS):
    return balance(
        last_seq=last_seq, seen_on_device=seen, on_device=on_device, stored=stored
    )


def test_everything_stored_once_is_good():
    outcome = balance_of(stored=EVENTS)
    assert outcome.is_good
    assert (outcome.shown, outcome.delivered) == (5, 5)


def test_event_that_nobody_holds_is_lost():
    outcome = balance_of(stored=EVENTS[:2] + EVENTS[3:])
    assert not outcome.is_good
    assert outcome.lost == 1


def test_event_that_was_never_seen_on_the_device_is_missed_by_its_number():
    assert balance_of(stored=EVENTS[:4], seen=[]).lost == 1


def test_event_that_still_waits_is_neither_lost_nor_delivered():
    outcome = balance_of(stored=EVENTS[:4], on_device=EVENTS[4:])
    assert (outcome.lost, outcome.is_good) == (0, False)


def test_row_under_another_id_does_not_stand_in_for_a_lost_event():
    stranger = replace(EVENTS[4], event_id=UUID(int=9))
    assert balance_of(stored=[*EVENTS[:4], stranger]).lost == 1


def test_same_event_in_two_rows_is_doubled():
    assert balance_of(stored=[*EVENTS, EVENTS[0]]).duplicated == 1


def test_step_completed_twice_under_different_ids_is_doubled():
    again = make_event(6, step="step-2")
    outcome = balance_of(stored=[*EVENTS, again], last_seq=6, seen=[])
    assert (outcome.duplicated, outcome.lost) == (1, 0)


@given(st.sets(st.sampled_from(EVENTS)), st.lists(st.sampled_from(EVENTS)))
def test_only_a_permutation_of_all_events_is_good(missing, doubled):
    stored = [event for event in EVENTS if event not in missing] + doubled
    is_whole = sorted(e.seq for e in stored) == [e.seq for e in EVENTS]
    assert balance_of(stored=stored).is_good == is_whole
