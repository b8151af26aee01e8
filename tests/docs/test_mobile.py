"""docs/mobile.md and the script that resolves its table."""

from __future__ import annotations

import importlib.util
import re
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from client_sdk.platforms import (
    Conditions,
    Metered,
    Network,
    Occasion,
    plan_sync,
)
from client_sdk.platforms.android import service
from client_sdk.platforms.ios import BACKGROUND_SECONDS

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "mobile.md"
TEXT = DOCUMENT.read_text("utf-8")


@pytest.fixture(scope="module")
def wheels() -> ModuleType:
    path = str(ROOT / "scripts" / "mobile-wheels")
    loader = SourceFileLoader("mobile_wheels", path)
    spec = importlib.util.spec_from_loader("mobile_wheels", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def written_table() -> list[list[str]]:
    (table,) = re.findall(
        r"<!-- mobile-wheels -->\n(.*?)<!-- /mobile-wheels -->", TEXT, re.DOTALL
    )
    return [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in table.splitlines()
    ]


def test_the_table_is_about_the_pinned_dependencies(wheels):
    """Whoever changes a dependency or a pin has to run the script again."""
    names = [*wheels.closure(wheels.client_dependencies()), *wheels.AVOIDED]
    versions = wheels.pins()

    _, _, *rows = written_table()
    assert [row[:2] for row in rows] == [[name, versions[name]] for name in names]


def test_the_client_needs_no_wheel_that_does_not_exist(wheels):
    _, _, *rows = written_table()
    missing = [row[0] for row in rows if any(cell.startswith("no") for cell in row)]

    assert missing == list(wheels.AVOIDED)


class Index:
    """An index with the wheels given: package to file name, for all targets or one."""

    def __init__(self, **files: str) -> None:
        self._files = files
        self.asked: list[str] = []

    def find(self, requirement: str, target: object) -> str | None:
        self.asked.append(requirement)
        name, _, version = requirement.partition("==")
        file = self._files.get(name)
        return file if file and (not version or f"-{version}-" in file) else None


def test_a_pure_wheel_is_asked_for_once(wheels):
    index = Index(httpx="httpx-0.28.1-py3-none-any.whl")

    table = wheels.table(["httpx"], {"httpx": "0.28.1"}, index.find)

    assert table.splitlines()[-1] == "| httpx | 0.28.1" + " | pure" * 6 + " |"
    assert index.asked == ["httpx==0.28.1"]


def test_a_compiled_wheel_is_asked_for_on_every_target(wheels):
    index = Index(xxhash="xxhash-4.1.0-cp313-cp313-android_24_arm64_v8a.whl")

    table = wheels.table(["xxhash"], {"xxhash": "4.1.0"}, index.find)

    assert table.splitlines()[-1] == "| xxhash | 4.1.0" + " | wheel" * 6 + " |"
    assert len(index.asked) == 6


def test_a_version_that_only_holds_a_name_is_no_success(wheels):
    index = Index(core="core-0.0.1-py3-none-any.whl")

    table = wheels.table(["core"], {"core": "2.50.4"}, index.find)

    assert " | no; unpinned, pip takes 0.0.1 |" in table
    assert "pure" not in table


def test_a_document_that_differs_is_told(wheels, tmp_path, capsys):
    index = Index()
    document = tmp_path / "mobile.md"
    document.write_text(TEXT)

    assert wheels.main(["--check", str(document)], index.find) == 1
    assert "-| xxhash | 4.1.0 | wheel" in capsys.readouterr().out

    document.write_text("no table")
    assert wheels.main(["--check", str(document)], index.find) == 1


def test_a_document_that_agrees_is_told(wheels, tmp_path, capsys):
    index = Index()
    wheels.main([], index.find)
    table = capsys.readouterr().out
    document = tmp_path / "mobile.md"
    document.write_text(f"{wheels.BEGIN}\n{table}{wheels.END}\n")

    assert wheels.main(["--check", str(document)], index.find) == 0


WORDS = {
    (True, True): ("sync and prefetch",),
    (True, False): ("sync", "try"),
    (False, False): ("wait", "nothing"),
}


@pytest.mark.parametrize(
    ("row", "conditions", "metered"),
    [
        (
            "unmetered or unknown network",
            Conditions(Network.UNKNOWN, is_battery_low=False),
            Metered.EVENTS,
        ),
        (
            "metered network",
            Conditions(Network.METERED, is_battery_low=False),
            Metered.EVENTS,
        ),
        ("no network", Conditions(Network.NONE, is_battery_low=False), Metered.EVENTS),
        (
            "battery low, whatever network",
            Conditions(Network.METERED, is_battery_low=True),
            Metered.EVENTS,
        ),
        (
            'metered network, `metered="never"`',
            Conditions(Network.METERED, is_battery_low=False),
            Metered.NEVER,
        ),
        (
            'metered network, `metered="always"`, battery good',
            Conditions(Network.METERED, is_battery_low=False),
            Metered.ALWAYS,
        ),
    ],
)
def test_the_policys_table_is_what_is_decided(row, conditions, metered):
    (line,) = [one for one in TEXT.splitlines() if one.startswith(f"| {row} |")]
    _, *written = [cell.strip() for cell in line.strip("|").split("|")]

    for occasion, word in zip(Occasion, written, strict=True):
        assert word in WORDS[plan_sync(occasion, conditions, metered)]


def test_the_documents_spec_is_the_demos():
    (block,) = re.findall(r"```ini\n(.*?)```", TEXT, re.DOTALL)
    spec = (ROOT / "demo_app" / "buildozer.spec").read_text("utf-8")
    lines = [line for line in block.splitlines() if "add_src" not in line]

    assert len(lines) > 8
    assert [line for line in lines if line not in spec.splitlines()] == []


def test_the_times_are_the_codes():
    assert f"up to {BACKGROUND_SECONDS:.0f} seconds" in TEXT
    assert f"at most {service.TIMEOUT_SECONDS:.0f} seconds" in TEXT
    java = ROOT / "client_sdk/platforms/android/java/org/kazi/tutorial"
    worker = (java / "KaziSyncWorker.java").read_text("utf-8")
    (seconds,) = re.findall(r"TIMEOUT_SECONDS = (\d+);", worker)
    assert f"after {seconds} seconds" in TEXT
    assert int(seconds) > service.TIMEOUT_SECONDS + service.CLOSE_SECONDS
