"""What the command line makes of the environment before anything starts."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sync_server.cli import main


def start(*arguments: str, **environ: str) -> str:
    """Return what a start says that a wrong port stops."""
    result = CliRunner().invoke(
        main, ["serve", "--port", "http", *arguments], env=environ
    )
    assert result.exit_code == 1
    return result.output


def test_a_mistyped_variable_is_named_with_what_was_meant():
    output = start(KAZI_WROKERS="hunter2", KAZI_ZZZ="hunter2")

    assert "KAZI_WROKERS is set, but there is no such setting; did you mean" in output
    assert "did you mean KAZI_WORKERS?" in output
    assert "KAZI_ZZZ is set, but there is no such setting; docs/settings.md" in output
    assert "hunter2" not in output


def test_known_variables_are_not_warned_of():
    output = start(KAZI_WORKERS="2", KAZI_TOKEN_TTL="9", KAZI_DEMO_SERVER="http://x")

    assert "Warning" not in output


@pytest.mark.parametrize("value", ["maybe", "2"])
def test_a_wrong_demo_flag_is_told_with_the_other_faults(value):
    output = start(KAZI_DEMO=value)

    assert "KAZI_PORT: 'http' is not a whole number" in output
    assert f"KAZI_DEMO: '{value}' is neither yes nor no" in output


@pytest.mark.parametrize("value", ["", "no", "yes", "off", "1"])
def test_a_right_demo_flag_is_no_fault(value):
    assert "KAZI_DEMO" not in start(KAZI_DEMO=value)


def test_the_option_comes_before_a_wrong_flag():
    assert "KAZI_DEMO" not in start("--demo", KAZI_DEMO="maybe")


def test_the_version_is_told():
    result = CliRunner().invoke(main, ["--version"])

    assert result.exit_code == 0
    assert result.output.startswith("kazi-server, version ")
