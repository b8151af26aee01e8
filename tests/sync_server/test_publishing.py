"""What a file may change of what is stored already."""

from __future__ import annotations

import threading

import pytest

from sync_server.db.pool import connect
from sync_server.tutorials.publishing import publish
from sync_server.tutorials.reading import read_tutorial
from sync_server.tutorials.source import ImportFaults
from sync_server.tutorials.store import TutorialStore
from tests.sync_server.conftest import PLAIN, TOUR


@pytest.fixture
def outcomes(publish_yaml):
    def run(text):
        return {outcome.what: outcome.became for outcome in publish_yaml(text)}

    return run


@pytest.fixture
def faults(publish_yaml):
    def run(text):
        with pytest.raises(ImportFaults) as caught:
            publish_yaml(text)
        return [str(fault) for fault in caught.value.faults]

    return run


def with_status(status, text=TOUR):
    return text.replace("status: running", f"status: {status}")


def test_a_first_import_publishes_version_one(outcomes):
    assert outcomes(TOUR) == {
        "tutorial tour": "published as version 1",
        "experiment tour-v1": "created (running)",
    }


def test_the_same_content_again_changes_nothing(outcomes, sql):
    outcomes(TOUR)
    before = sql("SELECT version FROM content_version")

    assert outcomes("# a comment\n" + TOUR) == {
        "tutorial tour": "unchanged (version 1)",
        "experiment tour-v1": "unchanged (running)",
    }
    assert sql("SELECT version FROM content_version") == before


def test_other_content_is_the_next_version_and_the_old_one_stays(outcomes, sql):
    outcomes(PLAIN)

    changed = outcomes(PLAIN.replace("The only step", "Still the only step"))

    assert changed == {"tutorial plain": "published as version 2"}
    assert sql("SELECT version, steps->0->>'title' FROM tutorial_versions") == [
        (1, "The only step"),
        (2, "Still the only step"),
    ]


def test_another_name_is_no_new_version(outcomes, sql):
    outcomes(PLAIN)

    assert outcomes(PLAIN.replace("name: Plain", "name: Simple")) == {
        "tutorial plain": "renamed (version 1)"
    }
    assert sql("SELECT name FROM tutorials") == [("Simple",)]


def test_variants_are_stored_in_their_order(outcomes, sql):
    outcomes(TOUR)

    assert sql(
        "SELECT id, weight, position FROM tutorial_variants ORDER BY position"
    ) == [("tour_control", 50, 0), ("tour_short", 50, 1)]


def test_a_draft_may_change_freely(outcomes):
    outcomes(with_status("draft"))

    changed = outcomes(with_status("draft").replace("A tip", "Another tip"))

    assert changed["experiment tour-v1"] == "changed (draft)"


def test_an_experiment_goes_from_draft_over_running_to_completed(outcomes):
    outcomes(with_status("draft"))

    assert outcomes(TOUR)["experiment tour-v1"] == "draft -> running"
    completed = outcomes(with_status("completed"))
    assert completed["experiment tour-v1"] == "running -> completed"


@pytest.mark.parametrize("status", ["draft", "running"])
def test_a_completed_experiment_never_comes_back(outcomes, faults, status):
    outcomes(with_status("completed"))

    (fault,) = faults(with_status(status))

    assert fault.startswith("test.yaml:16:5: experiments[0].status: ")
    assert f"is completed and cannot become {status}" in fault
    assert "start a new experiment with a new id" in fault


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("weight: 50", "weight: 50, name: x", id="name"),
        pytest.param("title: A tip", "title: Another tip", id="changes"),
        pytest.param("tour_short", "tour_tiny", id="variant"),
        pytest.param(
            "- {id: tour_control, weight: 50}",
            "- {id: tour_control, weight: 25}\n      - {id: third, weight: 25}",
            id="another-variant",
        ),
    ],
)
def test_the_variants_of_a_running_experiment_are_frozen(outcomes, faults, old, new):
    outcomes(TOUR)
    changed = TOUR.replace(old, new, 1)
    assert changed != TOUR

    (fault,) = faults(changed)

    assert "experiments[0].variants: the experiment is running" in fault
    assert "start a new experiment with a new id" in fault


def test_a_variant_id_of_another_experiment_is_refused_by_its_name(outcomes, faults):
    outcomes(TOUR)

    (fault,) = faults(
        PLAIN
        + "experiments:\n  - id: other\n    variants:\n"
        + "      - {id: tour_short, weight: 100}\n"
    )

    assert fault == (
        "test.yaml:9:10: experiments[0].variants[0].id: the variant id 'tour_short' "
        "belongs to the experiment 'tour-v1'; variant ids are unique over all experiments"
    )


def test_an_experiment_id_of_another_tutorial_is_refused(outcomes, faults):
    outcomes(TOUR)

    (fault,) = faults(
        PLAIN + "experiments:\n  - {id: tour-v1, variants: [{id: x, weight: 100}]}\n"
    )

    assert "the experiment 'tour-v1' belongs to the tutorial 'tour'" in fault


def test_a_second_running_experiment_is_refused(outcomes, faults):
    outcomes(TOUR)
    second = TOUR.replace("tour-v1", "tour-v2").replace("tour_", "tour2_")

    (fault,) = faults(second)

    assert "experiments[0].status: the experiment 'tour-v1' runs" in fault
    assert "complete it first" in fault


def test_one_experiment_can_end_and_the_next_start_in_one_file(outcomes, sql):
    outcomes(TOUR)

    became = outcomes(
        with_status("completed").replace(
            "experiments:\n",
            "experiments:\n  - id: a-next\n    status: running\n"
            "    variants: [{id: next, weight: 100}]\n",
        )
    )

    assert became["experiment tour-v1"] == "running -> completed"
    assert became["experiment a-next"] == "created (running)"


def test_a_fault_changes_nothing_at_all(outcomes, faults, sql):
    outcomes(TOUR)

    faults(TOUR.replace("title: Welcome}", "title: Hi}").replace("A tip", "B tip"))

    assert sql("SELECT count(*) FROM tutorial_versions") == [(1,)]


def test_a_dry_run_tells_and_changes_nothing(database_url, sql):
    tutorial, source = read_tutorial(TOUR, file="t.yaml")

    with connect(database_url) as connection:
        outcomes = publish(connection, TutorialStore(), tutorial, source, dry_run=True)

    assert [outcome.became for outcome in outcomes] == [
        "published as version 1",
        "created (running)",
    ]
    assert sql("SELECT count(*) FROM tutorials") == [(0,)]


def test_simultaneous_imports_number_their_versions(publish_yaml, sql):
    texts = [PLAIN.replace("The only", f"The {n}th") for n in range(8)]
    threads = [threading.Thread(target=publish_yaml, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rows = sql("SELECT version FROM tutorial_versions ORDER BY version")
    assert [row[0] for row in rows] == list(range(1, 9))
