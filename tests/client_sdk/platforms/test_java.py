"""The SDK's Java: compiled against the signatures of Android's classes, and run.

``android_stubs/`` declares what is used of Android, WorkManager and python-for-android.
That their real classes have these signatures only a build of an app can show.
"""

import subprocess
from pathlib import Path

import pytest

STUBS = Path(__file__).parent / "android_stubs"
JAVA = Path(__file__).parents[3] / "client_sdk" / "platforms" / "android" / "java"
SERVICE = "org.example.ServiceKazisync"
BOUND = f"bound {SERVICE} 1"  # BIND_AUTO_CREATE


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile for Java 8, as python-for-android's Gradle does; warnings are errors."""
    folder = tmp_path_factory.mktemp("classes")
    sources = [str(one) for root in (STUBS, JAVA) for one in root.rglob("*.java")]
    options = ["--release", "8", "-Xlint:all,-options", "-Werror", "-d", str(folder)]
    subprocess.run(["javac", *options, *sources], check=True)
    return folder


def drive(classes: Path, act: str, **properties: str) -> list[str]:
    settings = [f"-D{name}={value}" for name, value in properties.items()]
    command = ["java", "-cp", str(classes), *settings, "Drive", act]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.splitlines()


def test_a_request_waits_for_a_network_and_a_good_battery(classes):
    request = "enqueued kazi-tutorial-sync UPDATE KaziSyncWorker"

    assert drive(classes, "schedule") == [
        f"{request} 15 MINUTES CONNECTED batteryNotLow=true {SERVICE}",
        f"{request} 60 MINUTES UNMETERED batteryNotLow=true {SERVICE}",
        "cancelled kazi-tutorial-sync",
    ]


@pytest.mark.parametrize(
    "act", ["process-ends", "null-binding", "binding-died", "stopped"]
)
def test_a_worker_ends_with_its_service_and_lets_go_of_it(classes, act):
    assert drive(classes, act) == [BOUND, "unbound", "Success"]


def test_a_worker_without_its_service_says_so(classes):
    assert drive(classes, "no-service") == [BOUND, "unbound", "Failure"]


def test_a_bound_service_runs_the_script(classes, tmp_path):
    (tmp_path / "private.version").write_text("of-this-build")
    properties = {"appRoot": str(tmp_path), "private_version": "of-this-build"}

    assert drive(classes, "bind", **properties) == [f"started {SERVICE}", "binder"]


def test_after_an_update_nothing_runs_before_the_app_was_opened(classes, tmp_path):
    (tmp_path / "private.version").write_text("of-an-earlier-build")
    properties = {"appRoot": str(tmp_path), "private_version": "of-this-build"}

    assert drive(classes, "bind", **properties) == ["no binder"]


def test_nothing_runs_before_the_first_start(classes, tmp_path):
    properties = {"appRoot": str(tmp_path), "private_version": "of-this-build"}

    assert drive(classes, "bind", **properties) == ["no binder"]
