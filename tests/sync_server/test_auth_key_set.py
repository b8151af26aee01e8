"""A provider's keys: found, refreshed, withdrawn, and kept while it is away."""

from __future__ import annotations

import json
import threading
import time as real_time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.jwks import KeySetError, read_key_set
from sync_server.auth.key_fetch import (
    MAX_DOCUMENT_BYTES,
    FetchError,
    fetch_document,
)
from sync_server.auth.key_set import KeySet
from sync_server.errors import ApiError
from tests.support.key_server import SigningKey, running_key_server
from tests.support.server_process import free_port, wait_until

OLD = SigningKey("ES256", "old")
NEW = SigningKey("EdDSA", "new")
RSA = SigningKey("RS256", "rsa")


class Monotonic:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def server():
    with running_key_server() as server:
        server.publish(OLD)
        yield server


@pytest.fixture
def time():
    return Monotonic()


@pytest.fixture
def keys(server, time):
    return KeySet(server.url, monotonic=time)


def refusal(keys, algorithm, key_id):
    with pytest.raises(ApiError) as caught:
        keys.find(algorithm, key_id)
    return caught.value.code


def test_the_first_token_fetches_the_set_and_the_next_do_not(keys, server):
    for _ in range(5):
        assert keys.find("ES256", "old").key_id == "old"

    assert len(server.asked) == 1


def test_an_unknown_key_is_looked_for_at_once(keys, server, time):
    keys.find("ES256", "old")
    before = keys.generation()
    server.publish(OLD, NEW)
    time.seconds += 10

    assert keys.find("EdDSA", "new").key_id == "new"
    assert keys.generation() == before + 1


def test_however_many_unknown_keys_come_there_is_one_fetch_in_ten_seconds(
    keys, server, time
):
    keys.find("ES256", "old")

    for moment in range(30):
        time.seconds += 1
        for number in range(20):
            code = refusal(keys, "ES256", f"made-up-{moment}-{number}")
            assert code == ProblemCode.TOKEN_INVALID

    assert 3 <= len(server.asked) - 1 <= 4


def test_unknown_keys_at_the_same_instant_share_one_fetch(keys, server, time):
    keys.find("ES256", "old")
    server.publish(OLD, NEW)
    time.seconds += 10
    server.may_answer.clear()

    with ThreadPoolExecutor(16) as threads:
        found = [threads.submit(keys.find, "EdDSA", "new") for _ in range(16)]
        wait_until(lambda: len(server.asked) == 2, what="somebody asks")
        server.may_answer.set()

        assert {each.result().key_id for each in found} == {"new"}
    assert len(server.asked) == 2


def test_an_old_set_is_refreshed_while_requests_go_on(keys, server, time):
    keys.find("ES256", "old")
    before = keys.generation()
    server.publish(NEW)
    server.may_answer.clear()
    time.seconds += 300

    # the server does not answer yet, and nobody waits
    assert keys.generation() == before
    assert keys.find("ES256", "old").key_id == "old"
    server.may_answer.set()

    wait_until(lambda: keys.generation() == before + 1, what="the set is replaced")
    assert refusal(keys, "ES256", "old") == ProblemCode.TOKEN_INVALID


def test_a_withdrawn_key_stops_within_the_greatest_age(keys, server, time):
    """Also when nobody asked in between, so that nothing was refreshed."""
    keys.find("ES256", "old")
    before = keys.generation()
    server.publish(NEW)
    time.seconds += 600

    assert keys.generation() == before + 1
    assert refusal(keys, "ES256", "old") == ProblemCode.TOKEN_INVALID


def test_the_same_set_again_voids_nothing(keys, server, time):
    keys.find("ES256", "old")
    before = keys.generation()
    time.seconds += 600

    assert keys.generation() == before
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"keys": 7}', b"{}", b"\xff", b"[" * 50_000]
)
def test_the_last_good_set_stays_while_the_server_talks_nonsense(
    keys, server, time, body
):
    keys.find("ES256", "old")
    server.body = body
    time.seconds += 3600

    keys.generation()

    assert keys.find("ES256", "old").key_id == "old"
    assert refusal(keys, "ES256", "other") == ProblemCode.IDENTITY_UNAVAILABLE


def test_while_the_server_is_away_nobody_waits_for_it(keys, server, time):
    keys.find("ES256", "old")
    server.go_away()
    time.seconds += 600
    keys.generation()  # waits, and learns that it is away
    server.may_answer.clear()
    time.seconds += 10

    assert keys.find("ES256", "old").key_id == "old"
    assert refusal(keys, "ES256", "other") == ProblemCode.IDENTITY_UNAVAILABLE
    assert keys.generation() == 1


def test_while_an_answer_is_on_its_way_a_token_is_not_called_bad(keys, server, time):
    """The key server takes longer than a request waits."""
    keys.find("ES256", "old")
    server.may_answer.clear()
    time.seconds += 10

    assert refusal(keys, "ES256", "other") == ProblemCode.IDENTITY_UNAVAILABLE


def test_a_server_that_comes_back_is_found_again(keys, server, time):
    keys.find("ES256", "old")
    server.go_away()
    time.seconds += 600
    keys.generation()
    server.publish(NEW)
    time.seconds += 10

    keys.generation()

    wait_until(lambda: keys.generation() == 2, what="the new set")
    assert keys.find("EdDSA", "new").key_id == "new"


def test_without_any_set_a_token_is_not_called_bad(time):
    keys = KeySet(f"http://127.0.0.1:{free_port()}/keys", monotonic=time)

    with pytest.raises(ApiError) as caught:
        keys.find("ES256", "old")

    assert caught.value.code == ProblemCode.IDENTITY_UNAVAILABLE
    assert (caught.value.status, caught.value.retry_after_seconds) == (503, 10)


def test_a_fetch_that_hangs_is_given_up_and_its_answer_does_not_count(time):
    """The second fetch is answered first; the first must not put the old set back."""
    first, release = threading.Event(), threading.Event()
    answers = iter([OLD, NEW])
    lock = threading.Lock()

    def fetch(url: str) -> bytes:
        with lock:
            key = next(answers)
        if key is OLD:
            first.set()
            release.wait(30)
        return json.dumps({"keys": [key.public_jwk()]}).encode()

    keys = KeySet("unused", fetch=fetch, monotonic=time)
    keys.generation()
    assert first.wait(10)
    waiting = [thread for thread in threading.enumerate() if thread.name == "kazi-keys"]
    time.seconds += 10

    assert keys.find("EdDSA", "new").key_id == "new"
    release.set()
    for thread in waiting:
        thread.join(10)
    assert keys.find("EdDSA", "new").key_id == "new"


class TestReading:
    def test_every_algorithm_of_a_provider_is_read(self):
        document = {"keys": [OLD.public_jwk(), NEW.public_jwk(), RSA.public_jwk()]}

        ring = read_key_set(json.dumps(document).encode())

        for algorithm, name in [("ES256", "old"), ("EdDSA", "new"), ("RS256", "rsa")]:
            key = ring.find(algorithm, name)
            assert key is not None
            assert key.algorithm_name == algorithm
        assert ring.ignored == 0

    def test_a_key_without_an_algorithm_has_that_of_its_type(self):
        key = OLD.public_jwk()
        del key["alg"], key["use"]

        assert read_key_set(json.dumps({"keys": [key]}).encode()).find("ES256", "old")

    @pytest.mark.parametrize(
        "key",
        [
            pytest.param(OLD.public_jwk(use="enc"), id="for-encryption"),
            pytest.param(OLD.public_jwk(key_ops=["encrypt"]), id="other-operations"),
            pytest.param(OLD.public_jwk(key_ops="verify"), id="operations-no-list"),
            pytest.param(OLD.public_jwk(alg="RS256"), id="algorithm-of-another-type"),
            pytest.param(OLD.public_jwk(alg="HS256"), id="algorithm-of-secrets"),
            pytest.param(OLD.public_jwk(alg="none"), id="algorithm-none"),
            pytest.param(OLD.public_jwk(alg="ES512"), id="algorithm-unknown-to-us"),
            pytest.param(OLD.public_jwk(alg=["ES256"]), id="algorithm-no-text"),
            pytest.param(OLD.public_jwk(crv="P-384"), id="curve"),
            pytest.param(OLD.public_jwk(x=7), id="coordinate-no-text"),
            pytest.param(OLD.public_jwk(x="AAAA"), id="coordinate-short"),
            pytest.param(OLD.public_jwk(kid=7), id="name-no-text"),
            pytest.param(OLD.public_jwk(d="AAAA"), id="private"),
            pytest.param({"kty": "oct", "kid": "old", "k": "c2VjcmV0"}, id="secret"),
            pytest.param({"kty": "oct", "kid": "old"}, id="secret-without-value"),
            pytest.param(RSA.public_jwk(kid="old", n="8f8f8f8f"), id="short-rsa"),
            pytest.param(RSA.public_jwk(kid="old", e="AQ"), id="rsa-exponent-one"),
            pytest.param({"kid": "old"}, id="nothing"),
            pytest.param("old", id="text"),
            pytest.param(None, id="null"),
        ],
    )
    def test_a_key_of_no_use_costs_its_neighbours_nothing(self, key):
        ring = read_key_set(json.dumps({"keys": [key, NEW.public_jwk()]}).encode())

        assert [each.key_id for each in ring.keys] == ["new"]
        assert ring.ignored == 1

    def test_without_a_name_the_only_key_of_the_algorithm_is_meant(self):
        other = SigningKey("ES256", "other")
        one = read_key_set(
            json.dumps({"keys": [OLD.public_jwk(), NEW.public_jwk()]}).encode()
        )
        two = read_key_set(
            json.dumps({"keys": [OLD.public_jwk(), other.public_jwk()]}).encode()
        )

        assert one.find("ES256", None) is one.find("ES256", "old")
        assert two.find("ES256", None) is None

    def test_an_empty_set_is_one(self):
        assert read_key_set(b'{"keys": []}').keys == ()

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(["keys", "kty", "alg", "kid", "n", "x"]), inner
                )
            ),
        )
    )
    def test_no_json_breaks_the_reader(self, value):
        with suppress(KeySetError):
            assert read_key_set(json.dumps(value).encode()).keys == ()


class TestFetching:
    def fails(self, url: str, **options: float) -> str:
        with pytest.raises(FetchError) as caught:
            fetch_document(url, **options)
        return str(caught.value)

    def test_a_document_of_a_mebibyte_is_taken_and_no_more(self, server):
        server.body = b" " * MAX_DOCUMENT_BYTES
        assert len(fetch_document(server.url)) == MAX_DOCUMENT_BYTES
        server.body += b" "

        assert "more than 1048576 bytes" in self.fails(server.url)

    def test_an_error_of_the_server_is_told(self, server):
        server.go_away()

        assert "answered 503" in self.fails(server.url)

    def test_nobody_there_is_told(self):
        assert "does not answer" in self.fails(f"http://127.0.0.1:{free_port()}/")

    def test_a_redirect_to_another_host_is_not_followed(self, server):
        with running_key_server() as other:
            server.status, server.location = 302, other.url

            assert "redirects to another host" in self.fails(server.url)
            assert other.asked == []

    @pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
    def test_a_redirect_away_from_http_is_not_followed(self, server, target):
        server.status, server.location = 302, target

        self.fails(server.url)

    def test_a_redirect_on_the_same_host_is_followed(self, server):
        server.status, server.location = 302, "/moved"

        # it redirects for ever, and urllib gives up after ten
        assert "answered 302" in self.fails(server.url)
        assert server.asked[1] == "/moved"

    def test_a_server_that_drips_is_given_up(self, server):
        """Every byte comes in time; all of them would take 20 seconds."""
        server.body, server.drip_seconds = b" " * 400, 0.05
        begun = real_time.monotonic()

        assert "too long" in self.fails(server.url, timeout_seconds=0.3)
        assert real_time.monotonic() - begun < 5

    def test_a_server_that_says_nothing_is_given_up(self, server):
        server.may_answer.clear()

        assert "too long" in self.fails(server.url, timeout_seconds=0.2)

    def test_a_server_that_breaks_off_is_told(self, server):
        server.status, server.body = 204, b"no body may follow"

        assert fetch_document(server.url) == b""
