"""Lines of requests are written together, whole, and none is lost when the process ends."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sync_server.logs import RequestLog

FIELDS = {"method": "GET", "route": "/api/tutorial/config", "status": 304}
#: What Linux keeps whole in a pipe.
PIPE_BYTES = 4_096


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)
    os.close(writer)


def test_a_line_alone_is_written_without_another_request(pipe):
    reader, writer = pipe
    RequestLog("info", descriptor=writer).write(logging.INFO, FIELDS)

    line = json.loads(os.read(reader, PIPE_BYTES))

    assert line.items() >= FIELDS.items()
    assert (line["event"], line["level"]) == ("request", "info")
    assert line["timestamp"].endswith("Z")


def test_lines_below_the_level_are_not_written(pipe):
    reader, writer = pipe
    log = RequestLog("warning", descriptor=writer)
    log.write(logging.INFO, FIELDS)
    os.set_blocking(reader, False)

    with pytest.raises(BlockingIOError):
        os.read(reader, PIPE_BYTES)
    assert not log._lines


def test_each_write_holds_whole_lines_and_no_more_than_a_pipe_keeps_whole():
    # a socket of this kind hands over what was written in one piece as one piece
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with reader, writer:
        log = RequestLog("info", descriptor=writer.fileno())
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda n: log.write(logging.INFO, {"n": n}), range(200)))
        log._flush()
        writer.shutdown(socket.SHUT_WR)
        pieces = list(iter(lambda: reader.recv(2 * PIPE_BYTES), b""))

    assert len(pieces) > 1
    assert all(len(piece) <= PIPE_BYTES for piece in pieces)
    lines = [json.loads(line) for piece in pieces for line in piece.splitlines()]
    assert sorted(line["n"] for line in lines) == list(range(200))


def test_a_line_longer_than_a_piece_is_written_all_the_same(pipe):
    reader, writer = pipe
    log = RequestLog("info", descriptor=writer)
    log.write(logging.INFO, {"long": "x" * PIPE_BYTES})
    log._flush()

    assert len(json.loads(os.read(reader, 2 * PIPE_BYTES))["long"]) == PIPE_BYTES


def test_a_reader_that_is_gone_harms_no_request():
    reader, writer = os.pipe()
    os.close(reader)
    try:
        log = RequestLog("info", descriptor=writer)
        log.write(logging.INFO, FIELDS)
        log._flush()
    finally:
        os.close(writer)


def test_the_last_lines_are_written_when_the_process_ends():
    program = (
        "import logging, threading\n"
        "from sync_server.logs import RequestLog\n"
        "log = RequestLog('info')\n"
        "write = lambda: log.write(logging.INFO, {'route': '/last'})\n"
        "thread = threading.Thread(target=write, daemon=True)\n"
        "thread.start()\n"
        "thread.join()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout)["route"] == "/last"


def test_where_no_thread_is_to_be_had_a_line_is_written_at_once(pipe):
    reader, writer = pipe

    def refuse(job: Callable[[], None]) -> None:
        raise RuntimeError("can't start new thread")

    log = RequestLog("info", descriptor=writer, run=refuse)
    log.write(logging.INFO, FIELDS)

    assert json.loads(os.read(reader, PIPE_BYTES))["status"] == 304
