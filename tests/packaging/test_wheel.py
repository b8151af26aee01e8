"""What is installed: three packages, the migrations, and nothing else on a phone."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        str(folder),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.iterdir()
    return zipfile.ZipFile(file)


def test_the_wheel_brings_three_packages(wheel: zipfile.ZipFile):
    tops = {name.partition("/")[0] for name in wheel.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "client_sdk",
        "overlay_kivy",
        "sync_server",
    }


def test_the_wheel_brings_every_migration(wheel: zipfile.ZipFile):
    inside = {
        Path(name).name
        for name in wheel.namelist()
        if name.startswith("sync_server/migrations/")
    }

    assert inside == {path.name for path in (ROOT / "migrations").glob("*.sql")}


@pytest.mark.parametrize("package", ["client_sdk", "overlay_kivy", "sync_server"])
def test_every_package_is_marked_as_typed(wheel: zipfile.ZipFile, package: str):
    assert f"{package}/py.typed" in wheel.namelist()


@pytest.mark.parametrize("suffix", ["java", "kv", "sql", "yaml"])
def test_the_wheel_brings_what_code_reads(wheel: zipfile.ZipFile, suffix: str):
    packages = ("client_sdk", "overlay_kivy", "sync_server")
    data = {
        path.relative_to(ROOT).as_posix()
        for package in packages
        for path in (ROOT / package).rglob(f"*.{suffix}")
    }

    assert data
    assert data <= set(wheel.namelist())


def test_a_phone_installs_no_server(wheel: zipfile.ZipFile):
    """The base install is the client alone, by the wheel's own metadata."""
    (name,) = [one for one in wheel.namelist() if one.endswith("/METADATA")]
    requirements = re.findall(r"Requires-Dist: (.*)", wheel.read(name).decode())

    base = {
        re.split(r"[^\w-]", one)[0] for one in requirements if "extra ==" not in one
    }
    assert base == {"click", "httpx", "sqlite-utils", "tenacity", "xxhash"}


def test_the_client_works_from_the_wheel_alone(wheel: zipfile.ZipFile, tmp_path: Path):
    """Nothing of the checkout is needed, and nothing of the server is imported."""
    wheel.extractall(tmp_path / "site")
    script = """
import sys
sys.modules.update(dict.fromkeys(("flask", "psycopg", "pydantic", "kivy", "numpy")))
from client_sdk import TutorialClient
from client_sdk.testing import FakeServer
server = FakeServer()
with TutorialClient("http://kazi.invalid", storage_dir=sys.argv[1], transport=server) as client:
    client.ping("welcome-tour", "intro", "started")
    client.flush(timeout_seconds=10)
print(len(server.pings), sys.modules["client_sdk"].__file__)
"""
    output = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "device")],
        env={"PYTHONPATH": str(tmp_path / "site")},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert output.startswith(f"1 {tmp_path / 'site'}")


def test_every_pin_has_a_hash_and_names_no_host():
    text = (ROOT / "requirements" / "dev.txt").read_text()
    pins = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]

    assert len(pins) > 50
    assert all(line.endswith("\\") and "==" in line for line in pins)
    assert "://" not in text


def test_every_dependency_is_pinned():
    """A name that was added to pyproject.toml and not to the pins fails here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    groups = project["dependency-groups"]
    wanted = [*project["project"]["dependencies"]]
    for requirements in (*extras.values(), *groups.values()):
        wanted += [one for one in requirements if isinstance(one, str)]
    pinned = (ROOT / "requirements" / "dev.txt").read_text()

    names = {re.split(r"[^\w.-]", one)[0].lower().replace(".", "-") for one in wanted}
    missing = [
        n for n in names if not re.search(rf"^{n}(\[.*\])?==", pinned, re.MULTILINE)
    ]
    assert missing == []
