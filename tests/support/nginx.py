"""nginx with the configuration that is shipped, on ports of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path

import httpx

from tests.support.server_process import free_port, wait_until

__all__ = ["CONFIGURATION", "NGINX", "running_nginx"]

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx" / "kazi.conf"
NGINX = "/usr/sbin/nginx"

#: What stands around the shipped file; Debian's nginx.conf, reduced to what must differ.
_MAIN = """
user {user};
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;
    include {folder}/kazi.conf;
}}
"""


def rendered(*, upstream_port: int, port: int, folder: Path) -> str:
    """Return the shipped file with the values changed that it marks CHANGE."""
    text = CONFIGURATION.read_text("utf-8")
    for found, wanted in (
        (r"server 127\.0\.0\.1:8080;", f"server 127.0.0.1:{upstream_port};"),
        (r"\n    listen 80;", f"\n    listen 127.0.0.1:{port};"),
        # not every machine that tests has IPv6
        (r"\n    listen \[::\]:80;[^\n]*", ""),
        (r"/var/log/nginx/kazi\.log", f"{folder}/access.log"),
    ):
        text, count = re.subn(found, wanted, text)
        assert count == 1, f"{found} stands {count} times in {CONFIGURATION}"
    return text


@contextmanager
def running_nginx(*, upstream_port: int, folder: Path) -> Iterator[str]:
    """Yield the URL of an nginx that answers in front of a server's port."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    text = rendered(upstream_port=upstream_port, port=port, folder=folder)
    (folder / "kazi.conf").write_text(text)
    main = folder / "nginx.conf"
    main.write_text(_MAIN.format(user=getuser(), folder=folder))
    command = [NGINX, "-p", str(folder), "-c", str(main), "-e", "stderr"]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    with (folder / "error.log").open("wb") as log:
        process = subprocess.Popen([*command, "-g", "daemon off;"], stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: _answers(url), what="nginx answers")
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
