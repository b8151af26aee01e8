from hypothesis import given, strategies as st

from demo_app.story.plan import FIRST_KILL_AT, LAST_KILL_AT, Plan, draw_plan


def test_without_a_seed_everything_stands_still_when_it_is_killed():
    assert draw_plan(kill_at=None, seed=None) == Plan(kill_at=6)
    assert draw_plan(kill_at=0, seed=None) == Plan(kill_at=0)


@given(st.integers())
def test_seed_draws_a_possible_plan_and_always_the_same(seed):
    plan = draw_plan(kill_at=None, seed=seed)

    assert plan == draw_plan(kill_at=None, seed=seed)
    assert FIRST_KILL_AT <= plan.kill_at <= LAST_KILL_AT
    assert draw_plan(kill_at=3, seed=seed).kill_at == 3
    assert 0 <= (plan.kill_delay_seconds or 0) <= 0.4
