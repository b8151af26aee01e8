"""The faulty proxy does what it counts: seen from the client and in PostgreSQL."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from tests.support.anonymous_user import sign_up
from tests.support.faulty_proxy import DECK, Fault, Timing, faulty_proxy
from tests.support.server_process import ServerProcess

TIMING = Timing(longest_delay=0.1, stall=1.0)


def send(url: str, token: str) -> httpx.Response:
    event = {
        "eventId": str(uuid4()),
        "tutorialId": "welcome-tour",
        "stepId": "week",
        "status": "started",
        "t": 0,
    }
    body: dict[str, Any] = {"events": [event], "sentAt": "2026-01-31T08:30:00Z"}
    return httpx.post(
        f"{url}/api/tutorial/steps",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        timeout=0.5,
    )


def count_stored(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM tutorial_step_events")
    return int(count)


def test_every_fault_is_what_it_says(server: ServerProcess, database_url: str):
    token = sign_up(server.url).token
    seen: dict[Fault, tuple[object, ...]] = {}
    for fault in Fault:
        before = count_stored(database_url)
        with faulty_proxy(server.port, seed=1, timing=TIMING, deck=[fault]) as proxy:
            try:
                answer = send(proxy.url, token)
                kind = answer.headers["content-type"]
                outcome: object = (
                    answer.json()["duplicates"] if "json" in kind else kind
                )
            except httpx.TransportError as exc:
                outcome = type(exc)
        assert proxy.counts == {fault: 1}
        seen[fault] = (outcome, count_stored(database_url) - before)

    cut = httpx.RemoteProtocolError
    # Either of the two may be the first that the server takes.
    assert seen.pop(Fault.DUPLICATE) in {(0, 1), (1, 1)}
    assert seen == {
        Fault.NONE: (0, 1),
        Fault.DELAY: (0, 1),
        Fault.CUT_REQUEST: (cut, 0),
        Fault.CUT_REPLY: (cut, 1),
        Fault.TRUNCATED_REPLY: (cut, 1),
        Fault.ERROR_PAGE: ("text/html", 0),
        Fault.LATE_ERROR_PAGE: ("text/html", 1),
        Fault.STALL: (httpx.ReadTimeout, 1),
    }


def test_every_fault_comes_in_every_deck_and_none_after_it_is_mended(
    server: ServerProcess,
):
    token = sign_up(server.url).token
    with faulty_proxy(server.port, seed=2, timing=TIMING) as proxy:
        for _ in DECK:
            try:
                send(proxy.url, token)
            except httpx.TransportError:
                continue
        proxy.mend()
        assert [send(proxy.url, token).status_code for _ in DECK] == [200] * len(DECK)

    assert proxy.counts == Counter(DECK) + Counter({Fault.NONE: len(DECK)})
