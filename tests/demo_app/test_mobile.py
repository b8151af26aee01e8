"""What a build for a phone packs: complete by itself, and the service delivers."""

from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from client_sdk import ClientConfig, Device, TutorialClient
from client_sdk.testing import FakeServer
from demo_app.mobile import device, server, storage
from tests.demo_app.http_fake_server import listening

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "demo_app" / "buildozer.spec"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build") / "mobile"
    script = ROOT / "scripts" / "stage-mobile"
    subprocess.run([script, folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def spec() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read(SPEC, "utf-8")
    return parser["app"]


def run(staged: Path, script: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program as python-for-android does: in the folder, which leads the path."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=staged,
        env={"PATH": os.environ["PATH"], "HOME": str(staged.parent), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_everything_that_is_staged_imports_from_there_alone(staged):
    """A module that was left out, or one that needs click, would fail on the phone."""
    script = """
import sys
from pathlib import Path
sys.modules.update(dict.fromkeys(("click", "flask", "psycopg", "pydantic", "jnius")))
import client_sdk, client_sdk.platforms, demo_app.mobile, overlay_kivy.geometry
from client_sdk._cycle import SyncCycle
from client_sdk.platforms.android import service, work
from client_sdk.platforms import ios
roots = [Path(one.__file__).parents[1] for one in (client_sdk, demo_app, overlay_kivy)]
print(*{str(one.resolve()) for one in roots})
"""
    done = run(
        staged, script, KIVY_NO_ARGS="1", KIVY_NO_CONSOLELOG="1", KIVY_NO_FILELOG="1"
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(staged.resolve())


def test_the_staged_app_is_all_that_the_app_imports(staged):
    names = {path.name for path in (staged / "demo_app").iterdir()}
    imported = {
        f"{name}.py"
        for file in (staged / "demo_app").glob("*.py")
        for name in re.findall(r"from demo_app\.(\w+) import", file.read_text())
    }

    assert imported <= names
    assert "tutorials.json" in names
    assert {"main.py", "sync_service.py"} <= {path.name for path in staged.iterdir()}
    assert not list(staged.rglob("*.java"))


def test_the_service_delivers_what_the_app_has_queued(staged, tmp_path):
    """The app still has the file open, as on a phone: two processes share it."""
    fake = FakeServer()
    offline = "http://127.0.0.1:9"  # nobody listens on the discard port
    quiet = ClientConfig(startup_delay_seconds=3600, flush_interval_seconds=3600)
    with (
        listening(fake) as url,
        TutorialClient(
            offline, storage_dir=tmp_path / "kazi-demo", config=quiet
        ) as app,
    ):
        for step in ("intro", "dashboard", "team"):
            app.ping("welcome-tour", step, "completed")

        done = run(
            staged,
            (staged / "sync_service.py").read_text(),
            ANDROID_PRIVATE=str(tmp_path),
            KAZI_DEMO_SERVER=url,
        )

        assert done.returncode == 0, done.stderr
        assert [ping["stepId"] for ping in fake.pings] == ["intro", "dashboard", "team"]
        assert app.status().queued_pings == 0


def test_a_service_without_a_network_ends_in_peace(staged, tmp_path):
    done = run(
        staged,
        "from client_sdk.platforms.android.service import deliver\n"
        "from demo_app.mobile import open_client\n"
        "print(deliver(open_client, timeout_seconds=2))",
        ANDROID_PRIVATE=str(tmp_path),
        KAZI_DEMO_SERVER="http://127.0.0.1:9",
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("FlushResult(delivered=0")


def test_app_and_service_agree_on_their_folder():
    android = {"ANDROID_PRIVATE": "/data/user/0/org.kazi.demo.kazi/files"}

    assert storage(android) == Path(android["ANDROID_PRIVATE"], "kazi-demo")
    assert device(android) is Device.ANDROID
    assert storage({}).parent.name == "Documents"
    assert device({}) is Device.IOS
    assert (
        server({"KAZI_DEMO_SERVER": "https://kazi.example"}) == "https://kazi.example"
    )
    assert server({}) == "http://127.0.0.1:8080"


def test_the_spec_names_files_that_are_there(spec, staged):
    service, _, script = spec["services"].partition(":")
    assert service == "kazisync"
    assert (staged / script).is_file()

    (java,) = [SPEC.parent / spec["android.add_src"]]
    class_file = spec["android.service_class_name"].replace(".", "/") + ".java"
    assert (java / class_file).is_file()
    assert (java / "org/kazi/tutorial/KaziSyncWorker.java").is_file()


def test_the_spec_packs_every_kind_of_file_that_is_staged(spec, staged):
    files = (one for one in (staged / "demo_app").iterdir() if one.is_file())
    kinds = {file.suffix[1:] for file in files}

    assert kinds <= set(spec["source.include_exts"].split(","))


def test_the_spec_builds_with_the_pins_that_are_tested(spec):
    pins = (ROOT / "requirements" / "dev.txt").read_text()
    names = ("kivy", "httpx", "tenacity", "sqlite-utils", "xxhash")
    wanted = dict(
        one.split("==") for one in spec["requirements"].split(",") if "==" in one
    )

    for name in names:
        (pinned,) = re.findall(rf"^{name}==([\w.]+)", pins, re.MULTILINE)
        assert wanted[name] == pinned
    assert wanted["python3"] == wanted["hostpython3"]


#: What an import is called in the requirements, where that differs.
REQUIREMENT = {"jnius": "pyjnius", "sqlite_utils": "sqlite-utils"}


def test_the_spec_requires_all_that_is_imported(spec, staged):
    ours = {path.stem for path in staged.iterdir()}
    names = {
        name.partition(".")[0]
        for file in staged.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        for name in imported_names(node)
    }
    # "android" comes with python-for-android itself, trio with an app that runs in it
    foreign = names - ours - sys.stdlib_module_names - {"android", "trio"}

    wanted = {one.partition("==")[0] for one in spec["requirements"].split(",")}
    assert {REQUIREMENT.get(name, name) for name in foreign} <= wanted


def imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []


def test_the_spec_gives_no_permission_that_is_not_needed(spec):
    permissions = {one.strip() for one in spec["android.permissions"].split(",")}

    assert permissions == {"INTERNET", "ACCESS_NETWORK_STATE"}
