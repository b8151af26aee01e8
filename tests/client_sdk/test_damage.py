"""A file that is damaged at any place: the app goes on, and no readable row is lost."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NamedTuple
from uuid import UUID

import pytest

from client_sdk import TutorialClient
from client_sdk._storage import FILE_NAME
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import QUIET, tour
from tests.support.damaged_file import DAMAGES, Damage, DeviceCopy, Span
from tests.support.effort import examples

OFFSETS = examples(120)
SEED = int(os.environ.get("KAZI_DAMAGE_SEED", "20261125"))


#: No retry runs while the files are copied.
SLOW = replace(QUIET, backoff_initial_seconds=3600, backoff_max_seconds=3600)


class Life(NamedTuple):
    """What a device held when its file was damaged."""

    copy: DeviceCopy
    user_id: str
    device_id: str
    #: What waits, as it would arrive, by event id.
    pings: dict[str, dict[str, object]]
    answers: dict[str, dict[str, object]]
    #: Events that the server had before.
    sent: set[str]
    places: dict[str, list[Span]]
    identity: list[list[Span]]

    def is_hit(self, event_id: str, damage: Damage) -> bool:
        return any(one.overlaps(damage.span) for one in self.places[event_id])


def open_client(folder: Path, server: FakeServer) -> TutorialClient:
    return TutorialClient(
        "http://kazi.invalid",
        storage_dir=folder,
        transport=server,
        clock=FakeClock(),
        config=SLOW,
    )


@pytest.fixture(scope="module", params=["killed", "closed"])
def life(request: pytest.FixtureRequest, tmp_path_factory) -> Life:
    """A device that has sent some, begun a tour, and holds the rest back."""
    folder = tmp_path_factory.mktemp("life")
    server = FakeServer(tour("intro", "dashboard", "team"))
    client = open_client(folder, server)
    session = client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)
    session.start()
    for number in range(40):
        client.ping("welcome-tour", f"sent-{number}", "started")
    client.flush(timeout_seconds=10)
    server.online = False
    session.next()
    for number in range(60):
        client.ping("welcome-tour", f"waiting-{number}", "completed", number)
    client.flush(timeout_seconds=10)
    for number in range(20):
        client.ping("welcome-tour", f"late-{number}", "skipped", number)
    for number, comment in enumerate(["short", _prose("e", 3_000), _prose("é", 900)]):
        client.submit_survey("welcome-tour", nps=number, comment=comment)
    client.ping("welcome-tour", "last", "started")
    copies = folder / "killed"
    _copy(folder, copies)
    client.close()
    if request.param == "closed":
        copies = folder / "closed"
        _copy(folder, copies)
    sent = {str(ping["eventId"]) for ping in server.pings}
    return _describe(DeviceCopy(copies), sent, folder / "undamaged")


def _prose(letter: str, length: int) -> str:
    """Return a text of which no two parts are alike."""
    words = (f"{letter}{number}" for number in range(length))
    return " ".join(words)[:length]


def _copy(folder: Path, target: Path) -> None:
    target.mkdir()
    for name in (FILE_NAME, FILE_NAME + "-wal", FILE_NAME + "-shm"):
        if (folder / name).exists():
            shutil.copy(folder / name, target / name)


def _describe(source: DeviceCopy, sent: set[str], folder: Path) -> Life:
    """Say what arrives of the file if nothing happens to it."""
    shutil.copytree(source.folder, folder)
    server = FakeServer()
    client = open_client(folder, server)
    client.flush(timeout_seconds=10)
    status = client.status()
    client.close()
    assert status.storage_trouble is None
    assert len(server.pings) > 80
    assert len(server.surveys) == 3
    places = {
        str(UUID(bytes=name)): found  # type: ignore[arg-type]
        for table in ("pings", "survey_answers")
        for name, found in source.rows(table).items()
        if name
    }
    return Life(
        copy=source,
        user_id=str(status.user_id),
        device_id=str(server.pings[0]["deviceId"]),
        pings={str(ping["eventId"]): ping for ping in server.pings},
        answers=dict(server.surveys),
        sent=sent,
        places=places,
        identity=[
            *source.rows("device").values(),
            *source.rows("anonymous_users").values(),
        ],
    )


@pytest.mark.parametrize("kind", DAMAGES)
def test_no_readable_row_is_lost(life: Life, kind: str, tmp_path: Path):
    random = Random(f"{SEED}-{kind}")
    for number in range(OFFSETS // (2 * len(DAMAGES))):
        damage = Damage(kind, DAMAGES[kind](life.copy, random))
        folder = tmp_path / str(number)
        damage.apply(life.copy, folder, random)
        _check(life, damage, folder)


def _check(life: Life, damage: Damage, folder: Path) -> None:
    server = FakeServer()
    client = open_client(folder, server)
    client.ping("welcome-tour", "after", "started")
    client.flush(timeout_seconds=10)
    status = client.status()
    told = [one.code for one in client.set_aside()]
    client.close()
    case = f"{damage} in {folder}: {status.storage_trouble}"

    arrived = {str(ping["eventId"]): ping for ping in server.pings}
    readable = {one for one in life.pings if not life.is_hit(one, damage)}
    missing = readable - arrived.keys()
    assert not missing, case
    assert {
        one for one in life.answers if not life.is_hit(one, damage)
    } <= server.surveys.keys(), case
    # Who has lost its name may get another.
    is_renamed = any(one.overlaps(damage.span) for row in life.identity for one in row)
    for one, ping in arrived.items():
        if one in life.pings and not life.is_hit(one, damage):
            device_id = ping["deviceId"] if is_renamed else life.device_id
            assert ping == {**life.pings[one], "deviceId": device_id}, case
    assert {**life.answers, **server.surveys} == life.answers, case

    new = [ping for one, ping in arrived.items() if one not in life.pings]
    new = [ping for ping in new if ping["eventId"] not in life.sent]
    assert [ping["stepId"] for ping in new] == ["after"], case
    seqs = [ping["seq"] for ping in server.pings]
    assert len(set(seqs)) == len(seqs), case
    if not damage.span.overlaps(life.copy.end_of_log):
        # Of a log that ends earlier nobody can tell that there was more.
        assert new[0]["seq"] > max(int(str(one["seq"])) for one in life.pings.values())

    is_lost = len(arrived.keys() & life.pings.keys()) < len(life.pings)
    is_lost = is_lost or server.surveys.keys() != life.answers.keys()
    if is_lost:
        assert status.storage_trouble or "damaged" in told, case
    if not all(any(one.overlaps(damage.span) for one in row) for row in life.identity):
        assert status.user_id == life.user_id, case
    assert status.storage == "file", case
    assert status.queued == 0, case
