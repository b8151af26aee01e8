"""Dockerfile and compose file: linted, and true to the settings and the repository."""

from __future__ import annotations

import fnmatch
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

from sync_server.settings import COMMENT_KEY_BYTES, Settings
from tests.deploy.files import DEPLOY, ROOT, mapping

DOCKERFILE = ROOT / "Dockerfile"
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[.*?\])?==(\S+)", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    return dict(PIN.findall(path.read_text()))


def test_hadolint_has_nothing_to_say():
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, DOCKERFILE], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_what_the_image_copies_is_there_and_not_ignored():
    sources = [
        source
        for line in re.findall(
            r"^COPY (?!--from)(.*)$", DOCKERFILE.read_text(), re.MULTILINE
        )
        for source in line.split()[:-1]
    ]
    ignored, *kept = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]

    assert ignored == "*"
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(
            fnmatch.fnmatch(f"!{source}", pattern)
            or f"!{source}".startswith(f"{pattern}/")
            for pattern in kept
        ), source


def test_the_wheel_is_built_from_what_is_copied():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = DOCKERFILE.read_text()

    for folder in [*wheel["packages"], *wheel["force-include"]]:
        assert f"COPY {folder} {folder}" in copied


def test_the_image_installs_the_versions_that_are_tested():
    tested = pins(ROOT / "requirements" / "dev.txt")

    for name in ("server.txt", "build.txt"):
        installed = pins(DEPLOY / "docker" / name)
        assert installed
        assert installed.items() <= tested.items()


def test_the_image_has_everything_that_the_server_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {
        re.split(r"[\[><=]", requirement)[0].replace(".", "-")
        for requirement in (
            *project["dependencies"],
            *project["optional-dependencies"]["server"],
            *project["optional-dependencies"]["personas"],
        )
    }

    assert needed <= pins(DEPLOY / "docker" / "server.txt").keys()


def test_compose_files_services_fit_together():
    compose = mapping(ROOT / "compose.yaml")
    services = compose["services"]

    for service in services.values():
        assert set(service.get("depends_on", ())) <= services.keys()
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            is_file = source.startswith("./")
            assert (ROOT / source).exists() if is_file else source in compose["volumes"]
    assert services["server"]["depends_on"]["migrate"]["condition"] == (
        "service_completed_successfully"
    )


def test_the_script_makes_secrets_that_the_server_takes(tmp_path):
    file = tmp_path / ".env"
    make = [DEPLOY / "compose" / "secrets", file]
    subprocess.run(make, capture_output=True, check=True, umask=0o022)
    text = file.read_text()
    made = dict(line.split("=", 1) for line in text.splitlines())
    compose = (ROOT / "compose.yaml").read_text()

    assert set(re.findall(r"\$\{(\w+)", compose)) == made.keys()
    settings = Settings.from_environ(made)
    assert settings.jwt_secret is not None
    assert len(settings.jwt_secret) >= 48
    assert [len(key) for key in settings.comment_keys] == [COMMENT_KEY_BYTES]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = subprocess.run(make, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert file.read_text() == text


def test_the_compose_file_makes_of_the_proxys_file_what_it_needs():
    """What the container's shell does, on the file as it is."""
    (*_, script) = mapping(ROOT / "compose.yaml")["services"]["proxy"]["command"]
    edit = script.partition(" > ")[0].replace("/kazi.conf", "deploy/nginx/kazi.conf")
    edited = subprocess.run(
        ["sh", "-c", edit], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert "resolver 127.0.0.11 valid=2s; upstream kazi_server { zone" in edited
    assert "server server:8080 resolve;" in edited
    assert "access_log /dev/stdout kazi;" in edited
    assert "server 127.0.0.1" not in edited
