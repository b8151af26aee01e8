"""Answers are compressed for whoever asks, and keep a tag for each form."""

from __future__ import annotations

import gzip
import json

import pytest
from flask import Response
from hypothesis import given, strategies as st

from sync_server.tutorials.compression import GzipHead
from sync_server.tutorials.rendering import MIN_GZIP_BYTES

CONFIG = "/api/tutorial/config?tutorialId=long"
LONG = """
id: long
name: A long tour
steps:
""" + "\n".join(
    f"  - {{id: step-{number}, title: 'Step {number}', body: 'What to do next'}}"
    for number in range(20)
)


@given(head=st.binary(max_size=5_000), tail=st.binary(max_size=200))
def test_any_reader_of_gzip_reads_head_and_tail(head, tail):
    whole = GzipHead.of(head).finish(tail)

    assert gzip.decompress(whole) == head + tail


class TestConfig:
    @pytest.fixture
    def ask(self, client, user, publish_yaml):
        publish_yaml(LONG)

        def ask(coding=None, **headers):
            if coding is not None:
                headers["Accept-Encoding"] = coding
            return client.get(CONFIG, headers=user.headers | headers)

        return ask

    def test_it_is_the_same_in_either_form(self, ask):
        plain, packed = ask(), ask("gzip, deflate")

        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert json.loads(gzip.decompress(packed.data)) == plain.json
        assert len(packed.data) < len(plain.data) / 2
        assert packed.content_length == len(packed.data)
        assert plain.headers["Vary"] == packed.headers["Vary"]
        assert "Accept-Encoding" in plain.headers["Vary"]

    def test_each_form_has_a_strong_tag_of_its_own(self, ask):
        tags = {ask().headers["ETag"], ask("gzip").headers["ETag"]}

        assert len(tags) == 2
        assert not any(tag.startswith("W/") for tag in tags)

    @pytest.mark.parametrize("had", [None, "gzip"])
    @pytest.mark.parametrize("wanted", [None, "gzip"])
    def test_either_tag_is_known_whatever_form_is_asked_for_now(self, ask, had, wanted):
        tag = ask(had).headers["ETag"]

        answer = ask(wanted, **{"If-None-Match": tag})

        # the tag of what the device has: that is what it may go on using
        assert (answer.status_code, answer.headers["ETag"]) == (304, tag)
        assert answer.data == b""
        assert "Content-Encoding" not in answer.headers

    @pytest.mark.parametrize("form", ["W/{0}", '"other", {0}', '{0}, W/"other"', "*"])
    def test_a_tag_is_found_in_a_list_and_weakened(self, ask, form):
        tag = ask("gzip").headers["ETag"]

        assert ask(**{"If-None-Match": form.format(tag)}).status_code == 304

    @pytest.mark.parametrize(
        "coding", ["identity", "br", "gzip;q=0", "*;q=0", "g" * 300]
    )
    def test_whoever_does_not_read_gzip_gets_none(self, ask, coding):
        assert "Content-Encoding" not in ask(coding).headers

    def test_a_short_one_is_sent_as_it_is(self, client, tour):
        answer = client.get(
            "/api/tutorial/config?tutorialId=plain", headers={"Accept-Encoding": "gzip"}
        )

        assert len(answer.data) < MIN_GZIP_BYTES
        assert "Content-Encoding" not in answer.headers


class TestOtherAnswers:
    @pytest.fixture
    def answer(self, app):
        """Return what the application answers for a response that a route makes."""

        def answer(make):
            app.add_url_rule("/made", view_func=make)
            return app.test_client().get("/made", headers={"Accept-Encoding": "gzip"})

        return answer

    def test_long_json_is_compressed(self, answer):
        text = json.dumps(["word"] * 1_000)

        packed = answer(lambda: Response(text, mimetype="application/json"))

        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data).decode() == text
        assert packed.headers["Vary"] == "Accept-Encoding"

    @pytest.mark.parametrize(
        "make",
        [
            pytest.param(
                lambda: Response("x" * 1_023, mimetype="application/json"), id="short"
            ),
            pytest.param(
                lambda: Response("x" * 5_000, mimetype="text/html"), id="a page"
            ),
            pytest.param(
                lambda: Response(
                    "x" * 5_000, mimetype="application/json", headers={"ETag": '"a"'}
                ),
                id="tagged",
            ),
            pytest.param(
                lambda: Response(iter(["x" * 5_000]), mimetype="application/json"),
                id="streamed",
            ),
        ],
    )
    def test_these_are_left_alone(self, answer, make):
        assert "Content-Encoding" not in answer(make).headers
