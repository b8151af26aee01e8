"""What devices know comes to the same, in whatever order they meet."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given, strategies as st

from client_sdk._progress import Known
from client_sdk._progress_view import view_of
from client_sdk.contracts.hlc import HybridTime
from client_sdk.contracts.progress import Resume, TutorialProgress, later
from tests.client_sdk.progress.devices import TOUR

DEVICES = st.sampled_from([UUID(int=1), UUID(int=2)])


CLOCKS = st.builds(
    HybridTime,
    wall_ms=st.integers(0, 2),
    counter=st.integers(0, 1),
    device_id=DEVICES,
)


STEPS = ("intro", "dashboard", "team")


RESUMES = st.builds(
    Resume,
    step_id=st.sampled_from(STEPS),
    position=st.integers(0, 2),
    run_id=st.none() | st.sampled_from([UUID(int=3), UUID(int=4)]),
    finished=st.booleans(),
    clock=CLOCKS,
)


@given(RESUMES, RESUMES, RESUMES)
def test_writes_merge_to_the_same_in_any_order_and_however_often(one, two, three):
    assert later(one, two) == later(two, one)
    assert later(one, later(two, three)) == later(later(one, two), three)
    assert later(one, one) == one
    assert later(later(one, two), two) == later(one, two)


@given(st.frozensets(st.sampled_from(STEPS)), st.frozensets(st.sampled_from(STEPS)))
def test_points_depend_on_what_is_completed_and_not_on_who_says_so(here, confirmed):
    all_of_them = here | confirmed
    is_completed = confirmed == frozenset(STEPS)
    server = TutorialProgress(
        tutorial_id="welcome-tour",
        completed_steps=tuple(confirmed),
        completed=is_completed,
        furthest_step="intro",
        furthest_position=0,
        xp=10 * len(confirmed) + (50 if is_completed else 0),
        etag='"e"',
    )
    split = view_of("welcome-tour", Known(server=server, pending=here), [TOUR])
    alone = view_of("welcome-tour", Known(pending=all_of_them), [TOUR])

    assert split.completed_steps == alone.completed_steps
    assert split.xp == alone.xp


def test_steps_of_earlier_content_do_not_earn_the_whole_of_the_present():
    server = TutorialProgress(
        tutorial_id="welcome-tour",
        completed_steps=STEPS,
        completed=False,
        furthest_step="team",
        furthest_position=2,
        xp=30,
        etag='"e"',
    )

    assert view_of("welcome-tour", Known(server=server), [TOUR]).xp == 30
    again = Known(server=server, pending=frozenset({"team"}))
    assert view_of("welcome-tour", again, [TOUR]).xp == 80


def test_a_step_that_is_not_for_everybody_is_not_needed_for_the_whole():
    """As the server pays: what a condition hides is no step that is left to do."""
    intro, dashboard, team = TOUR.steps
    optional = replace(TOUR, steps=(intro, replace(dashboard, show_on="x"), team))
    known = Known(pending=frozenset({"intro", "team"}))

    shown = view_of("welcome-tour", known, [optional])

    assert (shown.is_completed, shown.xp) == (True, 70)
    assert not view_of("welcome-tour", known, [TOUR]).is_completed
