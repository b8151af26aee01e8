"""Requests to the proxy, also such as no library sends, and its answers."""

from __future__ import annotations

import socket
from contextlib import suppress

import httpx

from client_sdk.contracts.codec import decode
from client_sdk.contracts.problem import Problem

CONFIG = "/api/tutorial/config?tutorialId=welcome-tour"
STEPS = "/api/tutorial/steps"


def problem_of(answer: httpx.Response) -> Problem:
    """Return what an error answer says, which must fit to its headers."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = decode(Problem, answer.json())
    assert problem.status == answer.status_code
    assert problem.request_id == answer.headers["x-request-id"]
    return problem


def connect(url: str) -> socket.socket:
    """Open a connection, over which nothing is sent yet."""
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def raw(url: str, request: bytes) -> httpx.Response:
    """Send bytes as they are, and return the answer."""
    received = b""
    # what nginx did not read of a refused request makes the end a reset
    with connect(url) as peer, suppress(ConnectionResetError):
        peer.sendall(request)
        while chunk := peer.recv(65_536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return httpx.Response(
        int(status.split()[1]),
        headers=dict(line.split(": ", 1) for line in lines),
        content=body,
    )
