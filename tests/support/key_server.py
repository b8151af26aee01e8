"""An identity provider: keys of its own, and a real HTTP server that publishes them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

__all__ = ["KeyServer", "SigningKey", "encoded", "running_key_server", "unsigned"]

_MAKERS = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


class SigningKey:
    """A private key of a provider, by the name that its tokens tell."""

    def __init__(self, algorithm: str, key_id: str) -> None:
        self.algorithm = algorithm
        self.key_id = key_id
        self._private: Any = _MAKERS[algorithm]()

    def sign(self, claims: dict[str, Any], **headers: Any) -> str:
        """Return a token; ``headers`` come before its own."""
        named = {"kid": self.key_id, **headers}
        kept = {name: value for name, value in named.items() if value is not None}
        return jwt.encode(claims, self._private, self.algorithm, headers=kept)

    def sign_raw(self, header: str, payload: str) -> str:
        """Return a token of this very text, which no library would make."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        signed = f"{encoded(header)}.{encoded(payload)}"
        return f"{signed}.{encoded(algorithm.sign(signed.encode(), self._private))}"

    def public_jwk(self, **changes: Any) -> dict[str, Any]:
        """Return the key as it is published."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        data = algorithm.to_jwk(self._private.public_key(), as_dict=True)
        data.pop("key_ops", None)
        named = {"kid": self.key_id, "alg": self.algorithm, "use": "sig"}
        return {**data, **named, **changes}

    def public_pem(self) -> str:
        """Return the public key as an attacker would paste it."""
        pem = self._private.public_key().public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
        return str(pem.decode())


@dataclass
class KeyServer:
    """What the server answers now, and how often it was asked."""

    url: str
    status: int = 200
    body: bytes = b'{"keys": []}'
    location: str | None = None
    #: Cleared: the next answers wait.
    may_answer: threading.Event = field(default_factory=threading.Event)
    #: Set: each byte of the body comes after so long.
    drip_seconds: float | None = None
    stopped: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def publish(self, *keys: dict[str, Any] | SigningKey) -> None:
        """Publish these keys and no others."""
        data = [k.public_jwk() if isinstance(k, SigningKey) else k for k in keys]
        self.status, self.body = 200, json.dumps({"keys": data}).encode()

    def go_away(self) -> None:
        """Answer 503 from now on."""
        self.status, self.body = 503, b""


@contextmanager
def running_key_server() -> Iterator[KeyServer]:
    """Yield a server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            state.may_answer.wait(30)
            self.send_response(state.status)
            if state.location is not None:
                self.send_header("Location", state.location)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            # it may be longer than the reader takes
            with suppress(ConnectionError):
                self._write(state.body)

        def _write(self, body: bytes) -> None:
            if state.drip_seconds is None:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                state.stopped.wait(state.drip_seconds)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state = KeyServer(url=f"http://127.0.0.1:{server.server_port}/jwks.json")
        state.may_answer.set()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield state
        finally:
            state.may_answer.set()
            state.drip_seconds = 0.0
            state.stopped.set()
            server.shutdown()
            thread.join()


def encoded(raw: str | bytes) -> str:
    """Return base64url without padding."""
    data = raw.encode() if isinstance(raw, str) else raw
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(header: Any, claims: Any, signature: str = "") -> str:
    """Return a token with whatever header, and whatever stands for its signature."""
    return f"{encoded(json.dumps(header))}.{encoded(json.dumps(claims))}.{signature}"
