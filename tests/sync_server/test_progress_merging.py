"""Whatever is delivered in whatever order ends in one state, and is paid once.

Two devices of an account work offline, and so did somebody anonymous who turns out to be
the same person.  Deliveries are repeated, late and interleaved; the link is made, and the
progress read, at any moment in between.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from client_sdk.contracts.hlc import HybridTime
from client_sdk.contracts.progress import Resume
from sync_server.progress.merging import Register, merge_registers
from sync_server.progress.store import ProgressStore
from tests.support.effort import examples

STORY = """
id: story
name: Story
xp: 100
steps:
  - {id: a, title: A, xp: 5}
  - {id: b, title: B}
experiments:
  - id: story-v1
    status: running
    variants:
      - {id: story_control, weight: 50}
      - {id: story_less, weight: 50, changes: [omit: b]}
"""
NEXT = (
    STORY.replace("xp: 100", "xp: 300")
    .replace("title: A, xp: 5", "title: A, xp: 7")
    .replace(
        "  - {id: b, title: B}", "  - {id: b, title: B, xp: 25}\n  - {id: c, title: C}"
    )
)
#: Points of each step, and of the whole, by version and variant.
ARMS = {
    (1, "story_control"): ({"a": 5, "b": 10}, 100),
    (1, "story_less"): ({"a": 5}, 100),
    (2, "story_control"): ({"a": 7, "b": 25, "c": 10}, 300),
    (2, "story_less"): ({"a": 7, "c": 10}, 300),
}
PLACES = {"a": 0, "b": 1, "c": 2}
NOW_MS = 1_769_848_200_000


@dataclass(frozen=True)
class Ping:
    is_anonymous: bool
    number: int
    step_id: str
    version: int
    variant: str


@dataclass(frozen=True)
class Put:
    is_anonymous: bool
    step_id: str
    position: int
    wall: int
    counter: int
    device: int
    is_finished: bool


@dataclass(frozen=True)
class Link:
    """The anonymous user signs in."""


@dataclass(frozen=True)
class Look:
    """Somebody reads the progress."""

    is_anonymous: bool


pings = st.builds(
    Ping,
    is_anonymous=st.booleans(),
    number=st.integers(0, 7),
    step_id=st.sampled_from("abc"),
    version=st.sampled_from([1, 2]),
    variant=st.sampled_from(["story_control", "story_less"]),
)
puts = st.builds(
    Put,
    is_anonymous=st.booleans(),
    step_id=st.sampled_from("abc"),
    position=st.integers(0, 3),
    wall=st.integers(0, 2),
    counter=st.integers(0, 1),
    device=st.integers(1, 2),
    is_finished=st.booleans(),
)
#: What happened: an event id has one content, whoever delivers it how often.
histories = st.lists(
    pings, max_size=8, unique_by=lambda ping: (ping.is_anonymous, ping.number)
).flatmap(lambda some: st.lists(puts, max_size=5).map(lambda more: [*some, *more]))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Return one history, delivered in two ways."""
    history = draw(histories)
    return draw(delivery(history)), draw(delivery(history))


@st.composite
def delivery(draw: st.DrawFn, history: list[Any]) -> list[Any]:
    """Return everything that happened in some order, some of it more than once."""
    again = st.lists(st.sampled_from(history), max_size=4) if history else st.just([])
    looks = st.lists(st.builds(Look, st.booleans()), max_size=2)
    return draw(st.permutations([*history, *draw(again), *draw(looks), Link()]))


class Person:
    """An account and an anonymous user, new in the database, and their deliveries."""

    def __init__(self, client, make_user, sql):
        self.client, self.sql = client, sql
        self.account, self.anonymous = make_user(), make_user()
        self.event_ids: dict[tuple[bool, int], str] = {}

    def user(self, is_anonymous):
        return self.anonymous if is_anonymous else self.account

    def deliver(self, one):
        match one:
            case Ping():
                self.ping(one)
            case Put():
                self.put(one)
            case Look(is_anonymous):
                self.read(is_anonymous)
            case Link():
                self.sql(
                    "INSERT INTO identity_links VALUES (%s, %s)",
                    self.anonymous.id,
                    self.account.id,
                )

    def ping(self, one):
        key = (one.is_anonymous, one.number)
        body = {
            "tutorialId": "story",
            "stepId": one.step_id,
            "status": "completed",
            "t": 1,
            "eventId": self.event_ids.setdefault(key, str(uuid4())),
            "variant": one.variant,
            "tutorialVersion": one.version,
        }
        user = self.user(one.is_anonymous)
        answer = self.client.post("/api/tutorial/step", json=body, headers=user.headers)
        # the other version's steps are known, but not in every arm
        assert answer.status_code == 204, answer.json

    def put(self, one):
        body = {
            "stepId": one.step_id,
            "position": one.position,
            "finished": one.is_finished,
            "clock": {
                "wallMs": NOW_MS + one.wall,
                "counter": one.counter,
                "deviceId": str(UUID(int=one.device)),
            },
        }
        user = self.user(one.is_anonymous)
        answer = self.client.put(
            "/api/tutorial/progress/story", json=body, headers=user.headers
        )
        assert answer.status_code == 200, answer.json

    def read(self, is_anonymous):
        user = self.user(is_anonymous)
        return self.client.get("/api/tutorial/progress", headers=user.headers).json


def expected(history):
    """Return XP, completed steps and furthest step, out of what happened alone."""
    pinged = [one for one in history if isinstance(one, Ping)]
    seen = [ARMS[one.version, one.variant] for one in pinged]
    done = {one.step_id for one in pinged}
    newest = ARMS[2, "story_control"][0]
    points: dict[str, int] = {}
    for one, (arm, _) in zip(pinged, seen, strict=True):
        worth = arm.get(one.step_id, newest[one.step_id])
        points[one.step_id] = max(worth, points.get(one.step_id, 0))
    whole = max((xp for arm, xp in seen if arm.keys() <= done), default=0)
    reached = [(PLACES[step], step) for step in done]
    reached += [(one.position, one.step_id) for one in history if isinstance(one, Put)]
    return (
        sum(points.values()) + whole,
        sorted(done, key=PLACES.__getitem__),
        max(reached, default=None),
    )


@pytest.mark.timeout(300)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries())
def test_every_order_of_delivery_ends_in_the_same_state(
    client, make_user, sql, publish_versions, both
):
    states = []
    for delivered in both:
        person = Person(client, make_user, sql)
        for one in delivered:
            person.deliver(one)
        state = person.read(is_anonymous=False)
        assert person.read(is_anonymous=True) == state
        states.append(state)

    assert states[0] == states[1]
    state = states[0]
    history = [one for one in both[0] if isinstance(one, Ping | Put)]
    xp, completed, furthest = expected(history)
    assert state["totalXp"] == xp
    if furthest is None:
        assert state["tutorials"] == []
        return
    (mine,) = state["tutorials"]
    assert mine["completedSteps"] == completed
    assert (mine["furthestPosition"], mine["furthestStep"]) == furthest
    written = [one for one in history if isinstance(one, Put)]
    if written:
        last = max(written, key=lambda one: (one.wall, one.counter, one.device))
        clock = mine["resume"]["clock"]
        assert (clock["wallMs"] - NOW_MS, clock["counter"]) == (last.wall, last.counter)


@pytest.fixture
def publish_versions(publish_yaml):
    publish_yaml(STORY)
    publish_yaml(NEXT)


def test_the_arms_of_the_model_are_those_of_the_file(client, publish_versions, sql):
    """The model above would else prove something about another tutorial."""
    steps = sql("SELECT steps, xp FROM tutorial_versions ORDER BY version")

    for (rows, xp), version in zip(steps, itertools.count(1), strict=False):
        arm, whole = ARMS[version, "story_control"]
        assert ({row["id"]: row["xp"] for row in rows}, xp) == (arm, whole)


resumes = st.builds(
    Resume,
    step_id=st.sampled_from("ab"),
    position=st.integers(0, 1),
    run_id=st.sampled_from([None, UUID(int=1), UUID(int=2)]),
    finished=st.booleans(),
    clock=st.builds(
        HybridTime,
        wall_ms=st.integers(0, 1),
        counter=st.integers(0, 1),
        device_id=st.sampled_from([UUID(int=1), UUID(int=2)]),
    ),
)
registers = st.builds(
    Register,
    resume=resumes,
    furthest_step=st.sampled_from("ab"),
    furthest_position=st.integers(0, 1),
)


@given(registers, registers, registers)
def test_registers_merge_to_the_same_in_any_order(one, other, third):
    both = merge_registers(one, other)

    assert both == merge_registers(other, one)
    assert merge_registers(both, third) == merge_registers(
        one, merge_registers(other, third)
    )
    assert merge_registers(both, one) == both
    assert both.resume.clock == max(one.resume.clock, other.resume.clock)


@pytest.mark.timeout(300)
@settings(
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(resumes, min_size=2, max_size=6))
def test_the_database_merges_like_the_reader(pool, some):
    """One order in SQL, one in Python: writes with equal clocks included."""
    store, user_id = ProgressStore(), uuid4()
    with pool.connection() as connection:
        for resume in some:
            store.put(connection, user_id, "story", resume)
        stored = store.registers(connection, user_id)["story"]

    merged = functools.reduce(
        merge_registers,
        [
            Register(
                resume=resume,
                furthest_step=resume.step_id,
                furthest_position=resume.position,
            )
            for resume in some
        ],
    )
    assert stored == merged
