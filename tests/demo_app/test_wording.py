from datetime import date

import pytest

from demo_app.wording import count, days_ago, due, greeting, listing


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (-8, "8 days overdue"),
        (-1, "1 day overdue"),
        (0, "Due today"),
        (1, "Due tomorrow"),
        (13, "Due in 13 days"),
        (14, "Due in 2 weeks"),
        (90, "Due in 12 weeks"),
    ],
)
def test_due_dates_are_said_as_people_say_them(days, text):
    assert due(days) == text


def test_counts_agree_in_number():
    assert [count(n, "task") for n in (0, 1, 2)] == ["no tasks", "1 task", "2 tasks"]


def test_days_ago_never_lies_in_the_future():
    today = date(2026, 3, 4)
    days = [date(2026, 3, 9), today, date(2026, 3, 3), date(2026, 2, 27)]
    assert [days_ago(day, today=today) for day in days] == [
        "today",
        "today",
        "yesterday",
        "5 days ago",
    ]


def test_greeting_follows_the_hour():
    assert {greeting(h) for h in (5, 11)} == {"Good morning"}
    assert {greeting(h) for h in (12, 17)} == {"Good afternoon"}
    assert {greeting(h) for h in (18, 23, 0, 4)} == {"Good evening"}


def test_listing_joins_with_commas_and_one_and():
    assert listing(["a"]) == "a"
    assert listing(["a", "b", "c"]) == "a, b and c"
