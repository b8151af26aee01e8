"""Kubernetes manifests and systemd units: valid, hardened, and true to the settings."""

from __future__ import annotations

import base64
import configparser
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from click import Group

from sync_server.cli import main
from sync_server.cli.environment import known_variables
from sync_server.settings import Settings
from sync_server.variables import VARIABLES
from tests.deploy.files import DEPLOY, ROOT, documents, mapping

KUBERNETES = DEPLOY / "kubernetes"
MANIFESTS = sorted(
    path for path in KUBERNETES.glob("*.yaml") if path.name != "kustomization.yaml"
)
SYSTEMD = DEPLOY / "systemd"
UNITS = sorted([*SYSTEMD.glob("*.service"), *SYSTEMD.glob("*.timer")])
#: Every file that sets variables of ours.
WITH_VARIABLES = (
    ROOT / "Dockerfile",
    ROOT / "compose.yaml",
    SYSTEMD / "kazi.env.example",
    *MANIFESTS,
)
COMMAND = re.compile(r"kazi-server(?: [a-z]+)+")


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the pod of each workload."""
    for path in MANIFESTS:
        spec = mapping(path).get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield path.name, spec["template"]["spec"]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_is_valid(path):
    for document in documents(path):
        kubernetes_validate.validate(document, "1.31", strict=True)


def test_the_kustomization_lists_every_manifest_but_the_secret():
    kustomization = mapping(KUBERNETES / "kustomization.yaml")

    assert sorted([*kustomization["resources"], "secret.example.yaml"]) == [
        path.name for path in MANIFESTS
    ]


@pytest.mark.parametrize("pod", [pytest.param(pod, id=name) for name, pod in pods()])
def test_a_pod_may_do_nothing_that_it_need_not(pod):
    (container,) = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "memory" in container["resources"]["limits"]


def test_probes_ask_for_what_the_server_has():
    server = mapping(KUBERNETES / "deployment.yaml")["spec"]["template"]["spec"]
    (container,) = server["containers"]
    probes = [
        container[f"{kind}Probe"] for kind in ("startup", "liveness", "readiness")
    ]

    assert {probe["httpGet"]["port"] for probe in probes} == {"http"}
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_the_settings_of_the_manifests_are_accepted():
    config_map = mapping(KUBERNETES / "configmap.yaml")["data"]
    secret = mapping(KUBERNETES / "secret.example.yaml")["stringData"]

    settings = Settings.from_environ(config_map | secret)

    assert settings.host == "0.0.0.0"
    assert set(secret) == {"KAZI_DATABASE_URL", "KAZI_JWT_SECRET", "KAZI_COMMENT_KEY"}
    assert set(secret.values()) == {""}


@pytest.mark.parametrize("path", WITH_VARIABLES, ids=lambda path: path.name)
def test_every_variable_is_a_real_setting(path):
    settings = {variable.name for variable in VARIABLES}

    assert set(re.findall(r"KAZI_[A-Z_]+", path.read_text())) <= settings


def test_every_command_of_the_files_is_a_real_command():
    texts = [path.read_text() for path in (ROOT / "compose.yaml", *UNITS)]
    calls = {call for text in texts for call in COMMAND.findall(text)}
    for _, pod in pods():
        calls.add(" ".join(["kazi-server", *pod["containers"][0]["args"]]))

    assert len(calls) >= 3
    for call in calls:
        command: Any = main
        for word in call.split()[1:]:
            assert isinstance(command, Group)
            command = command.commands[word]
        assert not isinstance(command, Group), call


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_one_that_systemd_takes(path, tmp_path):
    """systemd itself checks it where it is installed; sections and commands everywhere."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(path)
    assert "Unit" in unit
    if path.suffix == ".timer":
        assert path.with_suffix(".service").exists()
    else:
        assert unit["Service"]["NoNewPrivileges"] == "yes"
    if path.suffix == ".service" and path.stem != "kazi-backup":
        assert unit["Service"]["ExecStart"].startswith("/opt/kazi/bin/kazi-server ")
        assert unit["Service"]["EnvironmentFile"] == "/etc/kazi/kazi.env"
    verifier = shutil.which("systemd-analyze")
    if verifier:
        # the program need not be installed here
        text = path.read_text().replace("/opt/kazi/bin/kazi-server", "/bin/true")
        for sibling in UNITS:
            (tmp_path / sibling.name).write_text(
                sibling.read_text().replace("/opt/kazi/bin/kazi-server", "/bin/true")
            )
        (tmp_path / path.name).write_text(text)
        done = subprocess.run(
            [verifier, "verify", "--man=no", tmp_path / path.name],
            env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line for line in done.stderr.splitlines() if path.name in line]
        assert (done.returncode, told) == (0, [])


def test_the_example_of_variables_is_read_as_it_is():
    lines = (SYSTEMD / "kazi.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    key = base64.b64encode(os.urandom(32)).decode()

    settings = Settings.from_environ({**given, "KAZI_COMMENT_KEY": key})

    assert settings.proxy_hops == 1
    assert not any('"' in line or "export" in line for line in given)
    assert given.keys() <= known_variables(main)


def test_every_unit_is_hardened_alike():
    def hardening(path: Path) -> str:
        text = path.read_text()
        start = text.index("CapabilityBoundingSet=")
        return text[start : text.index("UMask=0077", start)]

    services = [path for path in UNITS if path.suffix == ".service"]
    assert len({hardening(path) for path in services}) == 1
