"""A table of hostile requests, each with the answer that it must get.

``MARK`` stands in values: neither answer nor log may repeat it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote
from uuid import UUID

__all__ = [
    "HTML",
    "MARK",
    "OTHER",
    "SERVICE",
    "SQL",
    "USER",
    "Hostile",
    "hostile_requests",
]

MARK = "h0st1le"
#: Whose token a request carries.
USER, SERVICE = "user", "service"
#: Somebody else, whom no request may read or change.
OTHER = UUID("0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69")

STEP = "/api/tutorial/step"
STEPS = "/api/tutorial/steps"
SURVEY = "/api/tutorial/survey"
CONFIG = "/api/tutorial/config"
ANONYMOUS = "/api/tutorial/anonymous"
IDENTIFY = "/api/tutorial/identify"
PROGRESS = "/api/tutorial/progress"
ASSIGN = "/_internal/experiments/assign"
ACTIVITY = "/_internal/activity"
PERSONA = "/_internal/persona"
USERS = "/_internal/users"

SQL = f"'; DROP TABLE tutorials; -- {MARK}"
HTML = f"<script>alert('{MARK}')</script>"
PING = {"tutorialId": "plain", "stepId": "only", "status": "started", "t": 0}
ANSWER = {"tutorialId": "plain", "nps": 9}


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """A request, and what must become of it.

    ``whole`` replaces everything else: the bytes as they go over the wire.  ``statuses``
    are those that will do.  ``pointer`` names the field in ``errors``.  ``is_stored``: the
    request is in fact right, and what it holds is text like any other.
    """

    name: str
    method: str = "POST"
    path: str = STEP
    token: str = USER
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bytes = b""
    statuses: frozenset[int] = frozenset({400})
    code: str = ""
    pointer: str | None = None
    is_stored: bool = False
    #: The server in front of the application answers, or hangs up.
    is_below_application: bool = False


def hostile_requests() -> list[Hostile]:
    """Return the whole table."""
    return [
        *_types(),
        *_numbers(),
        *_texts(),
        *_syntax(),
        *_encodings(),
        *_content_types(),
        *_compressed(),
        *_injections(),
        *_envelopes(),
        *_paths(),
        *_methods(),
        *_queries(),
        *_headers(),
        *_wire(),
    ]


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _ping(name: str, value: object, what: str) -> Hostile:
    """A ping in which one field is wrong."""
    return Hostile(
        name=f"step {name}: {what}",
        body=_json({**PING, name: value}),
        code="invalid_request",
        pointer=f"/{name}",
    )


def _types() -> Iterator[Hostile]:
    wrong: dict[str, object] = {
        "null": None,
        "number": 1,
        "true": True,
        "array": [MARK],
        "object": {MARK: MARK},
    }
    for name in ("tutorialId", "stepId", "status"):
        for what, value in wrong.items():
            yield _ping(name, value, what)
    others: dict[str, object] = {"null": None, "text": MARK, "true": True, "array": [1]}
    for what, value in others.items():
        yield _ping("t", value, what)
    for name in ("eventId", "occurredAt", "variant", "persona", "deviceId", "runId"):
        for what in ("number", "array", "object"):
            yield _ping(name, wrong[what], what)
    for name in ("seq", "tutorialVersion"):
        for what, value in {"text": "1", "object": {}, "true": True}.items():
            yield _ping(name, value, what)
    for name in PING:
        yield Hostile(
            name=f"step without {name}",
            body=_json({k: v for k, v in PING.items() if k != name}),
            code="invalid_request",
            pointer=f"/{name}",
        )


def _numbers() -> Iterator[Hostile]:
    numbers = {
        "-1": "/t",
        "2147483648": "/t",
        "18446744073709551616": "/t",
        "9" * 4_000: "/t",
        "1.5": "/t",
        "1e2": "/t",
        "1e400": "/t",
        "-1e400": "/t",
        "1e-400": "/t",
        "-0.0": "/t",
        "9" * 5_000: "",
        "NaN": "/t",
        "Infinity": "/t",
        "-Infinity": "/t",
        "01": "",
        "+1": "",
        ".5": "",
        "0x10": "",
        "1_000": "",
        "1.": "",
    }
    for text, pointer in numbers.items():
        body = json.dumps(PING).replace('"t": 0', f'"t": {text}').encode()
        yield Hostile(
            name=f"step t: {text[:24]} ({len(text)})",
            body=body,
            pointer=pointer or None,
        )
    yield Hostile(
        name="step t: -0 is 0",
        body=_json(PING).replace(b'"t": 0', b'"t": -0'),
        statuses=frozenset({204}),
        is_stored=True,
    )
    for value in (0, -1, 2**63, 1e300):
        yield _ping("seq", value, str(value))
    for value in (0, 2**31):
        yield _ping("tutorialVersion", value, str(value))
    for nps in (-1, 11, 2**64, 9.5, "9", True):
        yield Hostile(
            name=f"survey nps: {nps!r}",
            path=SURVEY,
            body=_json({**ANSWER, "nps": nps}),
            pointer="/nps",
        )


def _texts() -> Iterator[Hostile]:
    bad = {
        "empty": "",
        "too long": "x" * 201,
        "NUL": f"a\0{MARK}",
        "control": f"a\x1b[31m{MARK}",
        "newline": f"a\n{MARK}",
    }
    halves = {
        "lone high surrogate": f"a\ud800{MARK}",
        "lone low surrogate": f"\udc00{MARK}",
        "surrogates in the wrong order": f"\udc00\ud800{MARK}",
    }
    for name in ("tutorialId", "stepId", "variant", "persona"):
        for what, value in bad.items():
            yield _ping(name, value, what)
        for what, value in halves.items():
            # no text of Unicode, so no JSON, whatever the field
            yield Hostile(
                name=f"step {name}: {what}",
                body=_json({**PING, name: value}),
                code="invalid_json",
            )
    for what, value in halves.items():
        yield Hostile(
            name=f"survey comment: {what}",
            path=SURVEY,
            body=_json({**ANSWER, "comment": value}),
            code="invalid_json",
        )
    yield Hostile(
        name="survey comment: NUL",
        path=SURVEY,
        body=_json({**ANSWER, "comment": bad["NUL"]}),
        pointer="/comment",
    )
    yield Hostile(
        name="survey comment: too long",
        path=SURVEY,
        body=_json({**ANSWER, "comment": "x" * 4_001}),
        pointer="/comment",
    )
    for value in (
        MARK,
        "",
        "0197a3c4-5c2e-7b60-9a51",
        "0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a6g",
        "0" * 1_000,
    ):
        yield _ping("eventId", value, f"no UUID ({len(value)})")
    for value in (
        "yesterday",
        "2026-01-31",
        "2026-01-31T08:30:00",
        "2026-02-30T08:30:00Z",
        "2026-01-31T25:00:00Z",
        "10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-31T08:30:00+99:99",
        "1e400",
    ):
        yield _ping("occurredAt", value, value)


def _syntax() -> Iterator[Hostile]:
    good = json.dumps(PING)
    bodies = {
        "nothing": "",
        "blanks": " \n\t ",
        "an opening brace": "{",
        "cut off": good[:-1],
        "a comma too much": good[:-1] + ",}",
        "a comment": good + "/* */",
        "single quotes": good.replace('"', "'"),
        "no quotes": '{tutorialId: "plain"}',
        "two documents": good + good,
        "garbage behind": good + MARK,
        "a NUL byte behind": good + "\0",
        "a raw newline in a text": good.replace("only", "on\nly"),
        "a raw NUL in a text": good.replace("only", "on\0ly"),
        "an unknown escape": good.replace("only", "on\\xly"),
        "half an escape": good.replace("only", "\\u12"),
        "arrays, 100,000 deep": "[" * 100_000,
        "objects, 50,000 deep": '{"a":' * 50_000,
        "deep inside a field that is ignored": good[:-1]
        + ', "x": '
        + "[" * 5_000
        + "]" * 5_000
        + "}",
        "NaN in a field that is ignored": good[:-1] + ', "x": nan}',
        "a number of 5,000 digits in a field that is ignored": good[:-1]
        + ', "x": '
        + "9" * 5_000
        + "}",
        "JavaScript": f"alert('{MARK}')",
        "XML": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;{MARK}</x>',
        "a pickle": "\x80\x04K\x01.",
    }
    for what, text in bodies.items():
        yield Hostile(
            name=f"syntax: {what}", body=text.encode("latin-1"), code="invalid_json"
        )
    for what, value in {
        "null": None,
        "a number": 5,
        "a text": MARK,
        "true": True,
        "an array": [PING],
    }.items():
        yield Hostile(
            name=f"a body that is {what}", body=_json(value), code="invalid_request"
        )
    for what, path, extra in (
        ("a field twice", STEP, '"status": "completed"'),
        ("a field twice, once escaped", STEP, '"st\\u0061tus": "completed"'),
        ("an unknown field twice", STEP, '"x": 1, "x": 2'),
        ("a field twice inside another", STEP, '"x": {"y": 1, "y": 2}'),
    ):
        yield Hostile(
            name=f"syntax: {what}",
            path=path,
            body=f"{good[:-1]}, {extra}}}".encode(),
            code="invalid_json",
        )
    yield Hostile(
        name="survey: nps twice",
        path=SURVEY,
        body=b'{"tutorialId": "plain", "nps": 1, "nps": 9}',
        code="invalid_json",
    )
    yield Hostile(
        name="activity: an event's user twice",
        path=ACTIVITY,
        token=SERVICE,
        body=f'{{"events": [{{"userId": "{OTHER}", "userId": "{OTHER}"}}]}}'.encode(),
        code="invalid_json",
    )


def _encodings() -> Iterator[Hostile]:
    good = json.dumps(PING)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"):
        yield Hostile(
            name=f"encoding: {encoding}",
            body=good.encode(encoding),
            code="invalid_json",
        )
    parts = {
        "latin-1": b"\xe9",
        "overlong slash": b"\xc0\xaf",
        "overlong NUL": b"\xc0\x80",
        "a surrogate in UTF-8": b"\xed\xa0\x80",
        "beyond Unicode": b"\xf4\x90\x80\x80",
        "a lone continuation": b"\x80",
        "cut off": b"\xe2\x82",
        "five bytes": b"\xf8\x88\x80\x80\x80",
        "0xFF": b"\xff",
    }
    for what, part in parts.items():
        yield Hostile(
            name=f"encoding: {what}",
            body=good.encode().replace(b"only", b"on" + part + b"ly"),
            code="invalid_json",
        )
    yield Hostile(
        name="encoding: a charset that JSON does not have changes nothing",
        headers={"Content-Type": "application/json; charset=utf-16"},
        body=good.encode(),
        statuses=frozenset({204}),
        is_stored=True,
    )


def _content_types() -> Iterator[Hostile]:
    for kind in (
        "text/plain",
        "text/html",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/jsonp",
        "application/json, text/plain",
        "*/*",
        f"{MARK}/{MARK}",
    ):
        yield Hostile(
            name=f"content type: {kind[:33]}",
            headers={"Content-Type": kind},
            body=_json(PING),
            statuses=frozenset({415}),
            code="unsupported_media_type",
        )
    for encoding in ("br", "deflate", "zstd", "gzip, gzip", "compress", MARK):
        yield Hostile(
            name=f"content encoding: {encoding}",
            headers={"Content-Encoding": encoding},
            body=_json(PING),
            statuses=frozenset({415}),
            code="unsupported_media_type",
        )


def _compressed() -> Iterator[Hostile]:
    good = _json(PING)
    packed = gzip.compress(good)
    broken = bytearray(packed)
    broken[-6] ^= 0xFF
    bodies = {
        "not gzip": good,
        "nothing": b"",
        "the header alone": packed[:10],
        "cut off": packed[:-5],
        "a wrong checksum": bytes(broken),
        "of gzip": gzip.compress(packed),
        "with garbage behind": packed + MARK.encode(),
        "with a second member": packed + packed,
        "of nothing": gzip.compress(b""),
        "of an array, 100,000 deep": gzip.compress(b"[" * 100_000),
    }
    for what, body in bodies.items():
        yield Hostile(
            name=f"gzip: {what}",
            headers={"Content-Encoding": "gzip"},
            body=body,
            code="invalid_json",
        )
    for what, size in (("a byte too much", 1024**2 + 1), ("a bomb", 512 * 1024**2)):
        yield Hostile(
            name=f"gzip: {what}",
            headers={"Content-Encoding": "gzip"},
            body=_blanks(size),
            statuses=frozenset({413}),
            code="body_too_large",
        )
    yield Hostile(
        name="a body of a byte too much",
        body=b" " * (1024**2 + 1),
        statuses=frozenset({413}),
        code="body_too_large",
    )


def _blanks(size: int) -> bytes:
    return gzip.compress(b" " * size, compresslevel=9)


def _injections() -> Iterator[Hostile]:
    for what, text in (("SQL", SQL), ("HTML", HTML)):
        for name, status, code in (
            ("tutorialId", 404, "unknown_tutorial"),
            ("stepId", 422, "unknown_step"),
            ("variant", 422, "unknown_variant"),
        ):
            yield Hostile(
                name=f"step {name}: {what}",
                body=_json({**PING, name: text}),
                statuses=frozenset({status}),
                code=code,
            )
        for name in ("eventId", "deviceId", "runId", "occurredAt", "status"):
            yield _ping(name, text, what)
        yield Hostile(
            name=f"step persona: {what}",
            body=_json({**PING, "persona": text}),
            statuses=frozenset({204}),
            is_stored=True,
        )
        yield Hostile(
            name=f"survey tutorialId: {what}",
            path=SURVEY,
            body=_json({**ANSWER, "tutorialId": text}),
            statuses=frozenset({404}),
            code="unknown_tutorial",
        )
        yield Hostile(
            name=f"config tutorialId: {what}",
            method="GET",
            path=f"{CONFIG}?tutorialId={quote(text, safe='')}",
            statuses=frozenset({404}),
            code="unknown_tutorial",
        )
        yield Hostile(
            name=f"progress: {what}",
            method="PUT",
            path=f"{PROGRESS}/{quote(text, safe='')}",
            body=_json(
                {
                    "stepId": "only",
                    "position": 0,
                    "clock": {"wallMs": 1, "counter": 0, "deviceId": str(OTHER)},
                }
            ),
            statuses=frozenset({404}),
        )
        yield Hostile(
            name=f"anonymous secret: {what}",
            path=ANONYMOUS,
            body=_json({"secret": text}),
            pointer="/secret",
        )
        yield Hostile(
            name=f"identify: {what}",
            path=IDENTIFY,
            body=_json({"anonymousToken": text}),
            statuses=frozenset({422}),
            code="anonymous_token_invalid",
        )
        yield Hostile(
            name=f"assign experimentId: {what}",
            path=ASSIGN,
            token=SERVICE,
            body=_json({"userId": str(OTHER), "experimentId": text}),
            statuses=frozenset({404}),
            code="unknown_experiment",
        )
        yield Hostile(
            name=f"assign userId: {what}",
            path=ASSIGN,
            token=SERVICE,
            body=_json({"userId": text, "experimentId": "tour-v1"}),
            pointer="/userId",
        )
        for method, path in (("GET", PERSONA), ("GET", USERS), ("DELETE", USERS)):
            yield Hostile(
                name=f"{method} {path}: {what}",
                method=method,
                path=f"{path}/{quote(text, safe='')}",
                token=SERVICE,
                statuses=frozenset({400, 404}),
            )


def _envelopes() -> Iterator[Hostile]:
    time = "2026-01-31T08:31:00.000Z"
    batches = {
        "no events": {"sentAt": time},
        "events that are none": {"events": {}, "sentAt": time},
        "an empty batch": {"events": [], "sentAt": time},
        "501 events": {"events": [PING] * 501, "sentAt": time},
        "no sentAt": {"events": [PING]},
        "a sentAt that is none": {"events": [PING], "sentAt": MARK},
    }
    for what, batch in batches.items():
        yield Hostile(
            name=f"steps: {what}",
            path=STEPS,
            body=_json(batch),
            pointer="/sentAt" if "sentAt" in what else "/events",
        )
    yield Hostile(
        name="activity: 501 events",
        path=ACTIVITY,
        token=SERVICE,
        body=_json({"events": [{}] * 501}),
    )
    for value in (str(OTHER).upper(), f"{{{OTHER}}}", f"urn:uuid:{OTHER}", OTHER.hex):
        yield Hostile(
            name=f"assign userId: {value[:10]}, another spelling",
            path=ASSIGN,
            token=SERVICE,
            body=_json({"userId": value, "experimentId": "tour-v1"}),
            pointer="/userId",
        )


def _paths() -> Iterator[Hostile]:
    gone = frozenset({404})
    for path in (
        "//api/tutorial/step",
        "/api//tutorial/step",
        "/api/tutorial//step",
        "/api/tutorial/step/",
        "/api/tutorial/./step",
        "/api/tutorial/../tutorial/step",
        "/api/tutorial/%2e%2e/tutorial/step",
        "/api/tutorial/step%00",
        "/api/tutorial/step%00.json",
        "/api/tutorial/step%2f",
        "/api/tutorial/step;x=1",
        "/api/tutorial/step%20",
        "/api/tutorial/st%65p%3f",
        "/API/TUTORIAL/STEP",
        "/api\\tutorial\\step",
        "/..%5c..%5cetc%5cpasswd",
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/%c0%ae%c0%ae/etc/passwd",
        "/api/tutorial/step%c3%28",
        "/.env",
        "/.git/config",
        "/" + "a" * 6_000,
        "/api/tutorial/" + "../" * 1_000 + "step",
    ):
        yield Hostile(
            name=f"path: {path[:40]}", path=path, body=_json(PING), statuses=gone
        )
    for path in (
        "/docs/../../../../etc/passwd",
        "/docs/%2e%2e/%2e%2e/settings.py",
        "/docs/%2e%2e%2f%2e%2e%2fsettings.py",
        "/docs/..%252f..%252fsettings.py",
        "/docs//etc/passwd",
        "//_internal/users/" + str(OTHER),
        "/_internal//users/" + str(OTHER),
        "/_internal/users/../persona/" + str(OTHER),
        "/_internal/persona/%2e%2e/users/" + str(OTHER),
    ):
        yield Hostile(
            name=f"path: GET {path[:40]}",
            method="GET",
            path=path,
            token=SERVICE,
            statuses=gone,
        )
    # the slashes are decoded before any application sees them; the path is the same one
    yield Hostile(
        name="path: encoded slashes",
        path="/api%2ftutorial%2fstep",
        body=_json(PING),
        statuses=frozenset({204}),
        is_stored=True,
    )
    for path in ("/api/tutorial/step%", "/api/tutorial/step%zz", "/%"):
        yield Hostile(
            name=f"path: {path}",
            path=path,
            body=_json(PING),
            statuses=frozenset({400, 404}),
        )
    yield Hostile(
        name="somebody else's progress by path",
        method="GET",
        path=f"{PROGRESS}/{OTHER}",
        statuses=frozenset({404, 405}),
    )


def _methods() -> Iterator[Hostile]:
    for method in ("GET", "PUT", "PATCH", "DELETE", "TRACE", "FOO", "M" * 20):
        yield Hostile(
            name=f"method: {method} on step",
            method=method,
            body=_json(PING),
            statuses=frozenset({405}),
            code="method_not_allowed",
        )
    # werkzeug reads it as POST; the token and everything else is asked for all the same
    yield Hostile(
        name="method: post in lower case",
        method="post",
        body=_json(PING),
        statuses=frozenset({204}),
        is_stored=True,
    )
    for method in ("POST", "DELETE", "PUT"):
        yield Hostile(
            name=f"method: {method} on config",
            method=method,
            path=f"{CONFIG}?tutorialId=plain",
            statuses=frozenset({405}),
            code="method_not_allowed",
        )
    yield Hostile(
        name="method: another one in a header changes nothing",
        headers={"X-HTTP-Method-Override": "DELETE"},
        method="GET",
        path=f"{USERS}/{OTHER}",
        statuses=frozenset({403}),
        code="forbidden",
    )


def _queries() -> Iterator[Hostile]:
    queries = {
        "": 400,
        "tutorialId": 400,
        "tutorialId=": 400,
        "tutorialId[]=plain": 400,
        "tutorialId%00=plain": 400,
        "TUTORIALID=plain": 400,
        "tutorialId=plain&tutorialId=tour": 400,
        "tutorialId=plain&tutorialId=plain": 400,
        "tutorialId=plain&tutorial%49d=tour": 400,
        "tutorialId=%00": 404,
        "tutorialId=plain%00": 404,
        "tutorialId=%": 404,
        "tutorialId=%zz": 404,
        "tutorialId=%ff%fe": 404,
        "tutorialId=%c0%af": 404,
        "tutorialId=%ed%a0%80": 404,
        "tutorialId=../../etc/passwd": 404,
        "tutorialId=plain;tutorialId=tour": 404,
        "tutorialId=plain%26tutorialId=tour": 404,
        "tutorialId=PLAIN": 404,
        "tutorialId=%20plain": 404,
        "tutorialId=" + "x" * 5_000: 404,
        "&" * 5_000: 400,
    }
    for query, status in queries.items():
        yield Hostile(
            name=f"query: {query[:40]}",
            method="GET",
            path=f"{CONFIG}?{query}",
            statuses=frozenset({status}),
            pointer="/tutorialId" if status == 400 else None,
        )


def _headers() -> Iterator[Hostile]:
    for device in ("windows", "WEB", "", HTML, "web, ios", "x" * 5_000):
        yield Hostile(
            name=f"device: {device[:20]}",
            headers={"x-kazi-device": device},
            code="unknown_device",
            method="GET",
            path=f"{CONFIG}?tutorialId=plain",
        )
    for text in ("Basic dXNlcjpwYXNz", "Bearer", "Bearer  ", f"Bearer {MARK}", MARK):
        yield Hostile(
            name=f"authorization: {text[:20]}",
            headers={"Authorization": text},
            body=_json(PING),
            statuses=frozenset({401}),
        )
    for name in ("X-User-Id", "X-Forwarded-User", "X-Original-URL", "X-Rewrite-URL"):
        yield Hostile(
            name=f"header {name} changes nothing",
            headers={"Authorization": "", name: f"{USERS}/{OTHER}"},
            method="GET",
            path=PROGRESS,
            statuses=frozenset({401}),
        )
    yield Hostile(
        name="header If-Match of no form",
        method="PUT",
        path=f"{PROGRESS}/plain",
        headers={"If-Match": MARK},
        body=_json(
            {
                "stepId": "only",
                "position": 0,
                "clock": {
                    "wallMs": 1,
                    "counter": 0,
                    "deviceId": "0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a70",
                },
            }
        ),
        statuses=frozenset({400, 412}),
    )


def _wire() -> Iterator[Hostile]:
    """Requests that are broken below JSON; ``{token}`` is the user's."""
    body = _json(PING)
    length = str(len(body)).encode()
    start = b"POST /api/tutorial/step HTTP/1.1\r\nHost: x\r\n"
    token = b"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    right = start + token + b"Content-Length: " + length + b"\r\n"
    chunked = start + token + b"Transfer-Encoding: chunked\r\n"
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    below: dict[str, bytes] = {
        "HTTP/0.9": b"GET /healthz\r\n\r\n",
        "HTTP/3.0": b"GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n",
        "HTTP/1.1 misspelt": b"GET /healthz HTTP/1.1x\r\nHost: x\r\n\r\n",
        "no target": b"GET HTTP/1.1\r\nHost: x\r\n\r\n",
        "a blank in the target": b"GET /healthz /x HTTP/1.1\r\nHost: x\r\n\r\n",
        "a control character in the target": b"GET /a\x01b HTTP/1.1\r\nHost: x\r\n\r\n",
        "no method": b" /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
        "garbage": bytes(range(256)) + b"\r\n\r\n",
        "two lengths that differ": right + b"Content-Length: 5\r\n\r\n" + body,
        "a list of lengths": start + token + b"Content-Length: 5, 6\r\n\r\n" + body,
        "a negative length": start + token + b"Content-Length: -1\r\n\r\n" + body,
        "a signed length": start
        + token
        + b"Content-Length: +"
        + length
        + b"\r\n\r\n"
        + body,
        "a hexadecimal length": start + token + b"Content-Length: 0x10\r\n\r\n" + body,
        "a length that is a word": start + token + b"Content-Length: five\r\n\r\n",
        "a length beyond 64 bits": start
        + token
        + b"Content-Length: 99999999999999999999\r\n\r\n"
        + body,
        "a blank before the colon": start + b"X-A : b\r\n\r\n",
        "a header without a colon": start + b"X-A\r\n\r\n",
        "a header without a name": start + b": b\r\n\r\n",
        "a blank in a header's name": start + b"X A: b\r\n\r\n",
        "NUL in a header": start + b"X-A: a\0b\r\n\r\n",
        "a lone CR in a header": start + b"X-A: a\rX-B: b\r\n\r\n",
        "a folded header": start + b"X-A: a\r\n b\r\n\r\n",
        "a chunk size that is a word": chunked
        + b"\r\nzz\r\n"
        + body
        + b"\r\n0\r\n\r\n",
        "a negative chunk size": chunked + b"\r\n-5\r\n" + body + b"\r\n0\r\n\r\n",
        "a chunk size with 0x": chunked + b"\r\n0x5\r\nhello\r\n0\r\n\r\n",
        "a chunk size beyond 64 bits": chunked
        + b"\r\nfffffffffffffffff\r\n"
        + body
        + b"\r\n0\r\n\r\n",
        "a chunk longer than its size": chunked
        + b"\r\n3\r\n"
        + body
        + b"\r\n0\r\n\r\n",
        "headers of 1 MB": start + b"X-A: " + b"a" * 1_000_000 + b"\r\n\r\n",
        "10,000 headers": start + b"X-A: b\r\n" * 10_000 + b"\r\n",
        "chunked that is not the last coding": start
        + token
        + b"Transfer-Encoding: chunked, gzip\r\n\r\n"
        + chunk,
        "an unknown transfer coding": start
        + token
        + b"Transfer-Encoding: xchunked\r\n\r\n"
        + chunk,
        "CONNECT": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    }
    for what, whole in below.items():
        yield Hostile(
            name=f"wire: {what}",
            whole=whole,
            statuses=frozenset(range(400, 500)),
            is_below_application=True,
        )
    # hyper takes the transfer coding and drops the length, as RFC 9112 section 6.3 says
    yield Hostile(
        name="wire: a length and chunks that say otherwise",
        whole=start
        + token
        + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        + chunk.replace(b"only", b"none"),
        statuses=frozenset({400, 422}),
        is_below_application=True,
    )
    yield Hostile(
        name="wire: a request behind the body is another request, without a token",
        whole=right.replace(b"POST", b"PUT", 1)
        + b"Connection: close\r\n\r\n"
        + body
        + b"DELETE /_internal/users/%s HTTP/1.1\r\nHost: x\r\n\r\n"
        % str(OTHER).encode(),
        statuses=frozenset({405}),
    )
    yield Hostile(
        name="wire: an absolute target is the same route",
        whole=b"POST http://evil.example/api/tutorial/step HTTP/1.1\r\nHost: x\r\n"
        + token
        + b"Content-Length: 2\r\n\r\n{}",
        statuses=frozenset({400}),
        code="invalid_request",
        pointer="/tutorialId",
    )
    yield Hostile(
        name="wire: a body that is shorter than its length",
        whole=right + b"Connection: close\r\n\r\n" + body[:10],
        statuses=frozenset({400}),
        is_below_application=True,
    )
    yield Hostile(
        name="wire: no Host",
        whole=b"GET /api/tutorial/progress HTTP/1.1\r\n\r\n",
        statuses=frozenset({400, 401}),
        is_below_application=True,
    )
    yield Hostile(
        name="wire: two authorizations",
        whole=right + b"Authorization: Bearer x\r\n\r\n" + body,
        statuses=frozenset({400, 401}),
    )
