"""kazi-server behind nginx with the configuration that is shipped, as real processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.nginx import running_nginx
from tests.support.postgres import PostgresServer
from tests.support.server_environ import server_environ
from tests.support.server_process import ServerProcess, running_server


@contextmanager
def behind_nginx(
    postgres: PostgresServer, folder: Path, **variables: str
) -> Iterator[tuple[str, ServerProcess]]:
    """Yield nginx's URL and the server behind it, with two threads."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        # one user asks all the time
        unlimited = {"KAZI_USER_REQUESTS_PER_MINUTE": "0", **variables}
        environ = server_environ(
            url, KAZI_PROXY_HOPS="1", KAZI_THREADS="2", **unlimited
        )
        log = folder / "server.log"
        server = stack.enter_context(running_server("--demo", environ=environ, log=log))
        yield (
            stack.enter_context(
                running_nginx(upstream_port=server.port, folder=folder / "nginx")
            ),
            server,
        )
