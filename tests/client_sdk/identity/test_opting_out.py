"""Who opts out is not collected, and asks without a name."""

from dataclasses import replace

from client_sdk import TutorialClient
from client_sdk._progress_sync import ASK_AFTER_SECONDS
from client_sdk.contracts import routes
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import received
from tests.client_sdk.refused_writes import refused_writes


def test_who_opts_out_is_not_collected(client: TutorialClient, server: FakeServer):
    client.ping("welcome-tour", "before", "started")
    client.opt_out()
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()
    client.ping("welcome-tour", "after", "started")
    client.submit_survey("welcome-tour", nps=1)
    client.flush(timeout_seconds=10)

    status = client.status()
    assert server.pings == []
    assert server.surveys == {}
    assert (status.queued, status.declined, status.opted_out) == (0, 2, True)
    assert session.index == 1


def test_who_opts_out_asks_for_content_without_a_name(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    client.opt_out()
    # Where the user stands would be asked again by now.
    clock.advance(2 * ASK_AFTER_SECONDS)
    asked = len(server.requests)
    server.configs["other"] = replace(
        server.configs["welcome-tour"], tutorial_id="other"
    )
    client.tutorial("other")
    client.flush(timeout_seconds=10)

    later = server.requests[asked:]
    assert [request.path for request in later] == [routes.CONFIG]
    assert "authorization" not in later[0].headers
    assert client.tutorial("other").config is not None


def test_opting_out_holds_over_a_restart(
    signed_out: TutorialClient, open_client: OpenClient, server: FakeServer
):
    signed_out.opt_out()
    signed_out.close()
    again = open_client()
    again.ping("welcome-tour", "declined", "started")
    again.opt_in()
    again.ping("welcome-tour", "welcome", "started")
    again.flush(timeout_seconds=10)

    assert received(server) == ["welcome"]


def test_opting_out_that_the_file_refuses_holds_at_once_and_is_stored_later(
    signed_out: TutorialClient, server: FakeServer, open_client: OpenClient
):
    server.online = False
    signed_out.ping("welcome-tour", "before", "started")
    with refused_writes(signed_out):
        signed_out.opt_out()
        signed_out.ping("welcome-tour", "after", "started")
    server.online = True
    signed_out.flush(timeout_seconds=10)
    signed_out.close()

    assert server.pings == []
    assert open_client().status().opted_out


def test_what_comes_after_a_refused_opting_out_and_in_again_is_kept(
    signed_out: TutorialClient, server: FakeServer
):
    server.online = False
    signed_out.ping("welcome-tour", "before", "started")
    signed_out.submit_survey("welcome-tour", nps=1, comment="before")
    with refused_writes(signed_out):
        signed_out.opt_out()
        signed_out.opt_in()
        signed_out.ping("welcome-tour", "held", "started")
        signed_out.submit_survey("welcome-tour", nps=2, comment="held")
    signed_out.ping("welcome-tour", "after", "completed")
    signed_out.submit_survey("welcome-tour", nps=3, comment="after")
    server.online = True
    signed_out.flush(timeout_seconds=10)

    answers = server.surveys.values()
    assert received(server) == ["held", "after"]
    assert {one["comment"] for one in answers} == {"held", "after"}
    assert signed_out.status().queued == 0
    assert not signed_out.status().opted_out


def test_opting_out_again_forgets_what_came_in_between(
    signed_out: TutorialClient, server: FakeServer
):
    server.online = False
    with refused_writes(signed_out):
        signed_out.opt_out()
        signed_out.opt_in()
        signed_out.ping("welcome-tour", "between", "started")
        signed_out.submit_survey("welcome-tour", nps=2)
        signed_out.opt_out()
        signed_out.opt_in()
        signed_out.ping("welcome-tour", "after", "started")
    server.online = True
    signed_out.flush(timeout_seconds=10)

    assert received(server) == ["after"]
    assert server.surveys == {}
