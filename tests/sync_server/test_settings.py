"""Settings are read once, and every fault is told."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import click
import pytest

from sync_server.cli import main
from sync_server.keys import with_keys
from sync_server.settings import Settings, SettingsError
from sync_server.variables import VARIABLES

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"
URL = "postgresql://kazi:hunter2@db.example.org/kazi"
SECRET = "s" * 32
KEY = base64.b64encode(b"k" * 32).decode()


def faults(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(environ)
    return caught.value.faults


def documented_rows() -> list[tuple[str, str, str]]:
    rows = re.findall(
        r"^\| `(KAZI_\w+)` \| (.*?) \| (.*?) \|$",
        DOCUMENT.read_text("utf-8"),
        re.MULTILINE,
    )
    return [(name, middle.strip("`"), last) for name, middle, last in rows]


def command_variables(command: click.Command) -> set[str]:
    found = {str(p.envvar) for p in command.params if p.envvar}
    if isinstance(command, click.Group):
        return found.union(*(command_variables(c) for c in command.commands.values()))
    return found


def test_everything_has_a_default():
    settings = Settings.from_environ({})

    assert settings.database_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.demo is False


def test_the_documentation_has_every_variable_with_its_default():
    documented = documented_rows()

    assert documented[: len(VARIABLES)] == [
        (v.name, v.default, v.purpose) for v in VARIABLES
    ]


def test_the_documentation_has_every_option_of_a_command():
    documented = {name for name, _, _ in documented_rows()}

    assert command_variables(main) - documented == set()
    assert documented == {v.name for v in VARIABLES} | command_variables(main)


def test_every_option_has_a_variable_and_every_command_an_example():
    def check(command: click.Command) -> None:
        if isinstance(command, click.Group):
            for each in command.commands.values():
                check(each)
            return
        for parameter in command.params:
            assert isinstance(parameter, click.Argument) or parameter.envvar
        assert re.search(r"Examples:\n\s+(kazi-server|KAZI_)", command.help or "")

    check(main)


def test_all_faults_are_told_at_once():
    found = faults(
        {"KAZI_PORT": "eighty", "KAZI_WORKERS": "0", "KAZI_LOG_LEVEL": "loud"}
    )

    assert found == (
        "KAZI_PORT: 'eighty' is not a whole number from 1 to 65535",
        "KAZI_WORKERS: '0' is not a whole number from 1 to 64",
        "KAZI_LOG_LEVEL: 'loud' is not one of debug, info, warning, error",
    )


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        pytest.param("KAZI_DATABASE_URL", "mysql://x", "postgresql://", id="scheme"),
        pytest.param("KAZI_JWT_SECRET", "short", "5 bytes", id="short-secret"),
        pytest.param("KAZI_COMMENT_KEY", "AAAA", "key 1 is not 32 bytes", id="key"),
        pytest.param("KAZI_COMMENT_KEY", f"{KEY},?", "key 2 is not", id="second-key"),
        pytest.param("KAZI_PORT", "65536", "1 to 65535", id="port"),
        pytest.param("KAZI_PORT", "٣", "1 to 65535", id="other-digits"),
        pytest.param("KAZI_DEMO", "maybe", "neither yes nor no", id="flag"),
    ],
)
def test_a_wrong_value_says_what_would_be_right(name, value, part):
    (fault,) = faults({name: value})

    assert fault.startswith(f"{name}: ")
    assert part in fault


@pytest.mark.parametrize(
    "name", ["KAZI_DATABASE_URL", "KAZI_JWT_SECRET", "KAZI_COMMENT_KEY"]
)
def test_a_secret_is_never_repeated(name):
    (fault,) = faults({name: "hunter2"})

    assert "hunter2" not in fault


def test_settings_show_no_secret():
    settings = Settings.from_environ(
        {"KAZI_DATABASE_URL": URL, "KAZI_JWT_SECRET": SECRET, "KAZI_COMMENT_KEY": KEY}
    )

    assert "hunter2" not in repr(settings)
    assert SECRET not in repr(settings)
    assert "kkkk" not in repr(settings)


def test_an_empty_variable_counts_as_unset():
    assert (
        Settings.from_environ({"KAZI_PORT": "", "KAZI_DATABASE_URL": " "}).port == 8080
    )


def test_with_a_url_missing_secrets_are_named():
    with pytest.raises(SettingsError) as caught:
        with_keys(Settings.from_environ({"KAZI_DATABASE_URL": URL}))

    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "KAZI_JWT_SECRET",
        "KAZI_COMMENT_KEY",
    ]


def test_a_missing_secret_is_told_together_with_another_fault():
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({"KAZI_DATABASE_URL": URL, "KAZI_JWT_SECRET": "changeme"})

    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "KAZI_JWT_SECRET",
        "KAZI_COMMENT_KEY",
    ]


def test_generated_keys_are_found_again_and_private(tmp_path):
    settings = Settings.from_environ({"KAZI_DATA_DIR": str(tmp_path / "new" / "data")})

    first = with_keys(settings)
    second = with_keys(settings)

    assert first == second
    assert first.jwt_secret is not None
    assert len(first.jwt_secret) >= 32
    assert len(first.comment_keys[0]) == 32
    files = sorted((tmp_path / "new" / "data").iterdir())
    assert [file.name for file in files] == ["comment-key", "jwt-secret"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    settings = Settings.from_environ({"KAZI_DATA_DIR": str(tmp_path / "file" / "data")})

    with pytest.raises(SettingsError, match="KAZI_DATA_DIR: cannot write to"):
        with_keys(settings)
