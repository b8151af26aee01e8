"""A server behind the proxy, its address, and a user's token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.proxy.proxied_server import behind_nginx
from tests.support.anonymous_user import sign_up
from tests.support.server_process import ServerProcess


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("proxy")
    # nginx's workers may be another user
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def server(postgres, folder) -> Iterator[tuple[str, ServerProcess]]:
    with behind_nginx(postgres, folder) as pair:
        yield pair


@pytest.fixture
def url(server: tuple[str, ServerProcess]) -> str:
    return server[0]


@pytest.fixture
def token(url) -> str:
    return sign_up(url).token
