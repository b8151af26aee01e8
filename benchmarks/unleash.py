"""Unleash, the peer that answers which variant a user gets; needs node and npm."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

from psycopg.conninfo import conninfo_to_dict

from benchmarks.load import Load
from benchmarks.servers import database, free_port, running

__all__ = ["Unleash", "unleash_server"]

FOLDER = Path(__file__).parents[1] / ".bench" / "unleash"
PACKAGE = "unleash-server@7.5.1"
ADMIN_TOKEN = "*:*.benchmark-admin"
FRONTEND_TOKEN = "default:development.benchmark-frontend"
FLAGS = 5
#: Tokens are made at the first start; nothing calls home.
ENVIRON = {
    "INIT_ADMIN_API_TOKENS": ADMIN_TOKEN,
    "INIT_FRONTEND_API_TOKENS": FRONTEND_TOKEN,
    "CHECK_VERSION": "false",
    "LOG_LEVEL": "error",
    "DATABASE_SSL": "false",
}
GET = """
local number = 0
local headers = {Authorization = lines[1]}
request = function()
  number = number + 1
  return wrk.format("GET", wrk.path .. "?userId=user-" .. number, headers)
end
"""
START = "require('unleash-server').start({server: {port: Number(process.env.PORT)}});"


class Unleash:
    """A running Unleash with five flags, each rolled out to half of the users."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        for number in range(FLAGS):
            self._add_flag(f"flag-{number}")

    def frontend_get(self) -> Callable[[], float]:
        """Return a measurement of what a device asks, each time for another user."""
        lines = self._folder / "token.txt"
        lines.write_text(FRONTEND_TOKEN + "\n")
        load = Load(script=GET, lines=lines, status=200, environ={})
        return partial(load.requests_per_second, self._url + "/api/frontend")

    def _add_flag(self, name: str) -> None:
        features = "/api/admin/projects/default/features"
        environment = f"{features}/{name}/environments/development"
        self._post(features, {"name": name, "type": "experiment"})
        self._post(
            f"{environment}/strategies",
            {
                "name": "flexibleRollout",
                "constraints": [],
                "parameters": {
                    "rollout": "50",
                    "stickiness": "userId",
                    "groupId": name,
                },
            },
        )
        self._post(f"{environment}/on", {})

    def _post(self, path: str, body: object) -> None:
        request = Request(
            self._url + path,
            data=json.dumps(body).encode(),
            headers={"Authorization": ADMIN_TOKEN, "Content-Type": "application/json"},
        )
        with urlopen(request):
            pass


@contextmanager
def unleash_server(postgres_url: str) -> Iterator[Unleash | None]:
    """Run Unleash, installed at the first use; None where there is no npm."""
    if shutil.which("npm") is None:
        yield None
        return
    _install()
    port = free_port()
    with (
        database(postgres_url, "unleash") as url,
        tempfile.TemporaryDirectory() as name,
    ):
        parts = conninfo_to_dict(url)
        environ = {
            **ENVIRON,
            "PORT": str(port),
            "DATABASE_HOST": str(parts["host"]),
            "DATABASE_NAME": str(parts["dbname"]),
            "DATABASE_USERNAME": str(parts["user"]),
            "DATABASE_PASSWORD": "",
        }
        command = ["node", "-e", START]
        with running(command, port, "/health", environ, folder=FOLDER) as server:
            yield Unleash(server.url, Path(name))


def _install() -> None:
    if (FOLDER / "node_modules" / "unleash-server").exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [
        "npm",
        "install",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        "--silent",
    ]
    subprocess.run([*command, "--prefix", FOLDER, PACKAGE], check=True)
