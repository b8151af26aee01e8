"""Forged, twisted and stolen tokens against every route of the real application."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from flask import Flask

from client_sdk.contracts.routes import CONFIG, IDENTIFY, STEP
from sync_server.api.operation import Access, operation_of
from sync_server.app import create_app
from sync_server.settings import IdentityProvider
from tests.support.key_server import (
    SigningKey,
    encoded,
    running_key_server,
    unsigned,
)
from tests.support.request_log import logged_requests

NOW = int(datetime.now(UTC).timestamp())
USER = "0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69"
ISSUER = "https://id.example.org/"
OWN_SECRET = "a secret of at least thirty-two bytes"
PROVIDER_SECRET = "another secret of more than 32 bytes"
KEYS = {name: SigningKey(name, f"key-{name}") for name in ("RS256", "ES256", "EdDSA")}
STRANGER = {name: SigningKey(name, f"key-{name}") for name in ("RS256", "ES256")}
EVENT = {"tutorialId": "plain", "stepId": "only", "status": "started", "t": 0}


def claims(**changes: Any) -> dict[str, Any]:
    """Claims that the provider would sign."""
    whole = {
        "iss": ISSUER,
        "aud": "app",
        "sub": USER,
        "iat": NOW,
        "exp": NOW + 3600,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def own(**changes: Any) -> dict[str, Any]:
    """Claims that we would sign."""
    return claims(iss="kazi-tutorial", aud="kazi-tutorial", **changes)


def hs256(header: str | bytes | dict[str, Any], payload: Any, key: str) -> str:
    """Return a token of whatever text, signed with whatever secret."""
    parts = [
        each if isinstance(each, str | bytes) else json.dumps(each)
        for each in (header, payload)
    ]
    signed = ".".join(map(encoded, parts))
    digest = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{encoded(digest)}"


def ours(**header: Any) -> str:
    """Return a token that is ours but for its header."""
    return hs256({"alg": "HS256", "typ": "JWT", **header}, own(), OWN_SECRET)


def changed(token: str, part: int, **changes: Any) -> str:
    """Return the token with other claims or another header, and its old signature."""
    parts = token.split(".")
    padded = parts[part] + "=" * (-len(parts[part]) % 4)
    value = {**json.loads(base64.urlsafe_b64decode(padded)), **changes}
    parts[part] = encoded(json.dumps(value))
    return ".".join(parts)


def signed_by(name: str) -> str:
    return KEYS[name].sign(claims())


def _flip(token: str, index: int) -> str:
    other = "A" if token[index] != "A" else "B"
    return token[:index] + other + token[index + 1 :]


def _resigned(token: str, signature: str | bytes) -> str:
    raw = signature if isinstance(signature, bytes) else signature.encode()
    return token.rpartition(".")[0] + "." + encoded(raw)


#: Spellings of "no signature", and of algorithms that are not the key's.
ALGORITHMS = ["none", "None", "NONE", "nOnE", "none ", "", " ", "hs256", "HS256\0"]
#: Names of keys that a careless server would open, query or fetch.
KEY_IDS = [
    "../../../../../../dev/null",
    "/dev/null",
    "file:///dev/null",
    "' UNION SELECT 'secret' --",
    "key-ES256' OR '1'='1",
    "key-ES256\0",
    "| sleep 30",
    "${jndi:ldap://127.0.0.1/a}",
    "KEY-ES256",
    "",
    "x" * 4000,
]

#: Name of the attack to its token.
ATTACKS: dict[str, str] = {
    # no signature
    **{
        f"alg {alg!r}": unsigned({"alg": alg, "typ": "JWT"}, own())
        for alg in [*ALGORITHMS, None, 0, True, ["HS256"], {"alg": "HS256"}]
    },
    **{f"alg {alg!r} with a good signature": ours(alg=alg) for alg in ALGORITHMS},
    "no alg": hs256({"typ": "JWT"}, own(), OWN_SECRET),
    "alg none of the provider": unsigned({"alg": "none"}, claims()),
    "empty signature": jwt.encode(own(), OWN_SECRET).rpartition(".")[0] + ".",
    "empty signature ES256": signed_by("ES256").rpartition(".")[0] + ".",
    # a public key as the secret, and other mixed algorithms
    **{
        f"{name} public key as secret": hs256(
            {"alg": "HS256", "kid": f"key-{name}"}, claims(), KEYS[name].public_pem()
        )
        for name in KEYS
    },
    "public key without its last line break as secret": hs256(
        {"alg": "HS256"}, claims(), KEYS["RS256"].public_pem().strip()
    ),
    "published key in JSON as secret": hs256(
        {"alg": "HS256"}, claims(), json.dumps(KEYS["RS256"].public_jwk())
    ),
    "modulus as secret": hs256(
        {"alg": "HS256"}, claims(), KEYS["RS256"].public_jwk()["n"]
    ),
    "our issuer with the provider's key": KEYS["RS256"].sign(own()),
    "our issuer with the provider's secret": jwt.encode(own(), PROVIDER_SECRET),
    "provider's issuer with our secret": jwt.encode(claims(), OWN_SECRET),
    "RS256 with the name of the ES256 key": KEYS["RS256"].sign(
        claims(), kid="key-ES256"
    ),
    "ES256 said to be RS256": changed(signed_by("ES256"), 0, alg="RS256"),
    "HS384 with our secret": hs256({"alg": "HS384"}, own(), OWN_SECRET),
    "HS512 with our secret": jwt.encode(own(), OWN_SECRET * 2, "HS512"),
    "secret that is empty": hs256({"alg": "HS256"}, own(), ""),
    "secret that is guessed": hs256({"alg": "HS256"}, own(), "secret"),
    # names of keys
    **{f"kid {kid[:30]!r}": KEYS["ES256"].sign(claims(), kid=kid) for kid in KEY_IDS},
    **{
        f"kid {kid[:30]!r} with an empty secret": hs256(
            {"alg": "HS256", "kid": kid}, own(), ""
        )
        for kid in KEY_IDS
    },
    **{
        f"kid {kid!r} is no text": KEYS["ES256"].sign_raw(
            json.dumps({"alg": "ES256", "kid": kid}), json.dumps(claims())
        )
        for kid in [7, None, ["key-ES256"], {"key-ES256": 1}]
    },
    # keys that the token brings along
    "jwk in the header": STRANGER["RS256"].sign(
        claims(), jwk=STRANGER["RS256"].public_jwk()
    ),
    "jwk in the header without a name": STRANGER["ES256"].sign(
        claims(), jwk=STRANGER["ES256"].public_jwk(), kid=None
    ),
    "secret as jwk in the header": hs256(
        {"alg": "HS256", "jwk": {"kty": "oct", "k": encoded("mine" * 8)}},
        own(),
        "mine" * 8,
    ),
    "x5c in the header": STRANGER["RS256"].sign(
        claims(), x5c=[STRANGER["RS256"].public_pem()]
    ),
    # claims
    "another audience": KEYS["ES256"].sign(claims(aud="other")),
    "no audience": KEYS["ES256"].sign(claims(aud=None)),
    "our audience at the provider": KEYS["ES256"].sign(claims(aud="kazi-tutorial")),
    "another issuer": KEYS["ES256"].sign(claims(iss="https://evil.example")),
    "issuer without its slash": KEYS["ES256"].sign(claims(iss=ISSUER[:-1])),
    "no issuer": KEYS["ES256"].sign(claims(iss=None)),
    "issuer in a list": KEYS["ES256"].sign_raw(
        '{"alg":"ES256","kid":"key-ES256"}', json.dumps(claims(iss=[ISSUER]))
    ),
    "expired": KEYS["ES256"].sign(claims(exp=NOW - 3600)),
    "never expires": KEYS["ES256"].sign(claims(exp=None)),
    "expires after all time": KEYS["ES256"].sign(claims(exp=10**300)),
    "not yet valid": KEYS["ES256"].sign(claims(nbf=NOW + 3600)),
    "issued tomorrow": KEYS["ES256"].sign(claims(iat=NOW + 86_400)),
    "subject is no UUID": KEYS["ES256"].sign(claims(sub="root")),
    "no subject": KEYS["ES256"].sign(claims(sub=None)),
    "subject in a list": KEYS["ES256"].sign(claims(sub=[USER])),
    "subject with SQL": KEYS["ES256"].sign(claims(sub=f"{USER}' OR 1=1 --")),
    # changed on the way
    "another user": changed(signed_by("ES256"), 1, sub=USER[:-1] + "0"),
    "another role": changed(jwt.encode(own(), OWN_SECRET), 1, role="service"),
    "a longer life": changed(signed_by("RS256"), 1, exp=NOW + 10**8),
    "a changed header": changed(signed_by("RS256"), 0, typ="at+jwt"),
    "a changed signature": _flip(signed_by("RS256"), -20),
    "a changed digest": _flip(jwt.encode(own(), OWN_SECRET), -20),
    "another token's signature": ".".join(
        [
            *jwt.encode(own(role="service"), OWN_SECRET).split(".")[:2],
            jwt.encode(own(), OWN_SECRET).split(".")[2],
        ]
    ),
    "ES256 signature of zeros": _resigned(signed_by("ES256"), bytes(64)),
    "ES256 signature too short": _resigned(signed_by("ES256"), bytes(63)),
    "EdDSA signature of zeros": _resigned(signed_by("EdDSA"), bytes(64)),
    "RS256 signature of zeros": _resigned(signed_by("RS256"), bytes(256)),
    # the form
    "10 KB": KEYS["ES256"].sign(claims(data="x" * 7_500)),
    "a megabyte of nothing": "x" * 60_000,
    "deep header": hs256("[" * 3_000, own(), OWN_SECRET),
    "deep claims": hs256({"alg": "HS256"}, "[" * 3_000, OWN_SECRET),
    "nested": hs256(
        {"alg": "HS256", "cty": "JWT"}, jwt.encode(own(), OWN_SECRET), OWN_SECRET
    ),
    "encrypted form": ".".join([encoded('{"alg":"dir"}')] * 5),
    "JSON form": json.dumps({"payload": encoded(json.dumps(own()))}),
    "two parts": jwt.encode(own(), OWN_SECRET).rpartition(".")[0],
    "four parts": jwt.encode(own(), OWN_SECRET) + ".e30",
    "claims in a list": hs256({"alg": "HS256"}, json.dumps([own()]), OWN_SECRET),
    "header in a list": hs256('["HS256"]', own(), OWN_SECRET),
    "header in UTF-16": hs256('{"alg":"HS256"}'.encode("utf-16"), own(), OWN_SECRET),
    "claims in UTF-16": hs256(
        {"alg": "HS256"}, json.dumps(own()).encode("utf-16-le"), OWN_SECRET
    ),
    "claims in Latin-1": hs256(
        {"alg": "HS256"}, json.dumps(own())[:-1].encode() + b',"n":"\xe9"}', OWN_SECRET
    ),
    "header with a byte order mark": hs256('\ufeff{"alg":"HS256"}', own(), OWN_SECRET),
    "padding": jwt.encode(own(), OWN_SECRET) + "=",
    "ordinary base64": "+/" + jwt.encode(own(), OWN_SECRET)[2:],
    "a space inside": jwt.encode(own(), OWN_SECRET).replace(".", ". ", 1),
    "two tokens": ",".join([jwt.encode(own(), OWN_SECRET)] * 2),
    "the scheme twice": "Bearer " + jwt.encode(own(), OWN_SECRET),
    "a header that is critical": ours(crit=["exp"], exp=NOW),
    "an empty list of critical headers": ours(crit=[]),
    "b64": ours(b64=False, crit=["b64"]),
    "b64 that is not critical": ours(b64=False),
    "b64 with an open payload": (
        encoded('{"alg":"HS256","b64":false,"crit":["b64"]}') + ".." + "A" * 43
    ),
    "alg twice": hs256('{"alg":"none","alg":"HS256"}', own(), OWN_SECRET),
    "a claim twice": hs256(
        {"alg": "HS256"},
        json.dumps(own())[:-1] + ',"sub":"0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a00"}',
        OWN_SECRET,
    ),
    "the role twice": KEYS["ES256"].sign_raw(
        '{"alg":"ES256","kid":"key-ES256"}',
        json.dumps(claims())[:-1] + ',"role":"user","role":"service"}',
    ),
}
#: Good in all but the spelling of the user: another arm of every experiment.
SPELLINGS = [USER.upper(), USER.replace("-", ""), f"{{{USER}}}", f"urn:uuid:{USER}"]


@pytest.fixture(scope="module")
def provider():
    with running_key_server() as server:
        server.publish(*KEYS.values())
        yield server


@pytest.fixture(scope="module")
def evil():
    with running_key_server() as server:
        server.publish(*STRANGER.values())
        yield server


@pytest.fixture
def app(settings, pool, provider):
    identity = IdentityProvider(
        issuer=ISSUER,
        audiences=("app",),
        jwks_url=provider.url,
        secret=PROVIDER_SECRET,
    )
    limits = {"failed_logins_per_minute": 0, "address_requests_per_minute": 0}
    settings = dataclasses.replace(
        settings, jwt_secret=OWN_SECRET, identity=identity, **limits
    )
    # the real clock: the tokens were made by it
    return create_app(settings, pool=pool)


def routes(app: Flask, *access: Access) -> list[tuple[str, str]]:
    """Return method and path of every route with such an access."""
    found: list[tuple[str, str]] = []
    for rule in app.url_map.iter_rules():
        operation = operation_of(app.view_functions[rule.endpoint])
        if operation is not None and operation.access in access:
            path = re.sub(r"<[^>]+>", USER, rule.rule)
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            found.extend((method, path) for method in methods)
    return sorted(found)


GUARDED = (Access.USER, Access.OPTIONAL_USER, Access.SERVICE)


def ask(client, method, path, token):
    query = "?tutorialId=plain" if path == CONFIG else ""
    return client.open(
        path + query,
        method=method,
        headers={"Authorization": f"Bearer {token}"},
        json=None if method == "GET" else EVENT,
    )


@pytest.fixture
def rows(sql):
    """Count the rows of every table."""

    def count() -> dict[str, int]:
        names = [
            name
            for (name,) in sql(
                "SELECT table_name FROM information_schema.tables "
                "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            )
            # written by a thread of its own, with hashes alone
            if name != "rate_counts"
        ]
        union = " UNION ALL ".join(
            f"SELECT '{name}', count(*) FROM \"{name}\"" for name in sorted(names)
        )
        return dict(sql(union))

    return count


def require_refused(answer, *, status, code, token):
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] in code
    assert answer.json["detail"]
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="kazi-tutorial", error="invalid_token"'
    require_silent(answer.text, token)


def require_silent(text, token):
    """Nothing of the token stands in the text: no part that would be of use."""
    for part in token.split("."):
        assert len(part) < 20 or part[:20] not in text


@pytest.mark.usefixtures("tour")
def test_every_attack_is_refused_by_every_route(app, rows, capfd, caplog, subtests):
    caplog.set_level(logging.DEBUG)
    client, before = app.test_client(), rows()
    targets = routes(app, *GUARDED)

    for attack, token in ATTACKS.items():
        with subtests.test(attack):
            for method, path in targets:
                require_refused(
                    ask(client, method, path, token),
                    status=401,
                    code={"token_invalid", "token_expired"},
                    token=token,
                )
            logged = logged_requests(capfd, len(targets))
            assert logged.count('"status": 401') == len(targets)
            require_silent(logged, token)
            require_silent(caplog.text, token)
            caplog.clear()
            assert rows() == before


@pytest.mark.parametrize("header", ["jku", "x5u", "kid"])
@pytest.mark.usefixtures("tour")
def test_no_key_is_fetched_from_where_a_token_says(app, evil, header):
    token = STRANGER["ES256"].sign(claims(), **{header: evil.url})

    for method, path in routes(app, *GUARDED):
        answer = ask(app.test_client(), method, path, token)
        require_refused(answer, status=401, code={"token_invalid"}, token=token)

    assert evil.asked == []


@pytest.mark.parametrize("sub", SPELLINGS)
@pytest.mark.usefixtures("tour")
def test_another_spelling_of_a_user_is_refused_by_every_route(app, rows, sub):
    token = KEYS["ES256"].sign(claims(sub=sub))
    before = rows()

    for method, path in routes(app, *GUARDED):
        answer = ask(app.test_client(), method, path, token)
        require_refused(answer, status=400, code={"token_invalid"}, token=token)

    assert rows() == before


GOOD = {
    "our secret": jwt.encode(own(), OWN_SECRET),
    "the provider's secret": jwt.encode(claims(), PROVIDER_SECRET),
    **{name: signed_by(name) for name in KEYS},
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.usefixtures("tour")
def test_what_the_attacks_imitate_is_let_in(app, rows, name):
    """Else all of them would be refused for another reason."""
    before = rows()
    client = app.test_client()

    for _ in range(2):
        assert ask(client, "POST", STEP, GOOD[name]).status_code == 204
        assert ask(client, "GET", CONFIG, GOOD[name]).status_code == 200

    assert rows()["tutorial_step_events"] == before["tutorial_step_events"] + 2


def token_of(**changes):
    return jwt.encode(own(**changes), OWN_SECRET)


CALLERS = {
    "user": token_of(),
    "anonymous": token_of(is_anonymous=True),
    "admin": token_of(role="admin"),
    "admin without a subject": token_of(role="admin", sub=None),
    "service": token_of(role="service"),
    "service without a subject": token_of(role="service", sub=None),
}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.usefixtures("tour")
def test_a_route_is_for_its_role_alone(app, rows, caller):
    token = CALLERS[caller]
    is_user = caller in ("user", "anonymous")
    foreign = [Access.SERVICE] if is_user else [Access.USER, Access.OPTIONAL_USER]
    if caller.startswith("admin"):
        foreign.append(Access.SERVICE)
    before = rows()

    for method, path in routes(app, *foreign):
        answer = ask(app.test_client(), method, path, token)

        assert (answer.status_code, answer.json["code"]) == (403, "forbidden"), path
        assert answer.content_type == "application/problem+json"
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
        require_silent(answer.text, token)
    assert rows() == before


def test_an_anonymous_user_has_no_account_to_link(app, rows):
    before = rows()

    answer = ask(app.test_client(), "POST", IDENTIFY, CALLERS["anonymous"])

    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert "account" in answer.json["detail"]
    assert rows() == before


def test_without_a_token_a_guarded_route_asks_for_one(app):
    for method, path in routes(app, Access.USER, Access.SERVICE):
        answer = app.test_client().open(path, method=method, json=EVENT)

        assert (answer.status_code, answer.json["code"]) == (401, "token_missing"), path
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="kazi-tutorial"'


@pytest.mark.usefixtures("tour")
def test_two_headers_are_no_token(app):
    """Whichever one a proxy checked, it need not be the one that counts here."""
    headers = [("Authorization", f"Bearer {CALLERS[name]}") for name in CALLERS]

    answer = app.test_client().post(STEP, json=EVENT, headers=headers[:2])

    assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")


def test_the_routes_are_all_looked_at(app):
    found = [path for _, path in routes(app, *GUARDED)]

    assert STEP in found
    assert CONFIG in found
    assert any(path.startswith("/_internal/") for path in found)
