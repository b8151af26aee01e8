"""What the user has set in the system is read where it can be; nothing raises."""

from __future__ import annotations

import pytest

from overlay_kivy import system_settings

GSETTINGS = """#!/bin/sh
case "$3" in
enable-animations) echo {animations} ;;
text-scaling-factor) echo 1.5 ;;
color-scheme) echo "'prefer-dark'" ;;
*) exit 1 ;;
esac
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user without any settings, and without a program to ask."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install_gsettings(home, animations):
    program = home / "gsettings"
    program.write_text(GSETTINGS.format(animations=animations))
    program.chmod(0o755)


def write_gtk(home, version, text):
    (home / version).mkdir()
    (home / version / "settings.ini").write_text(text)


def test_nothing_is_known_where_nothing_is_set(home):
    assert system_settings.reduced_motion() is None
    assert system_settings.font_scale() is None
    assert system_settings.dark_mode() is None


@pytest.mark.parametrize(
    ("animations", "is_reduced"), [("true", False), ("false", True)]
)
def test_desktop_that_does_not_animate_reduces_motion(home, animations, is_reduced):
    install_gsettings(home, animations)

    assert system_settings.reduced_motion() is is_reduced


def test_desktop_tells_font_scale_and_dark_mode(home):
    install_gsettings(home, "true")

    assert system_settings.font_scale() == 1.5
    assert system_settings.dark_mode() is True


@pytest.mark.parametrize("version", ["gtk-3.0", "gtk-4.0"])
def test_settings_file_of_gtk_is_read_without_gsettings(home, version):
    wishes = "gtk-enable-animations=0\ngtk-application-prefer-dark-theme=true\n"
    write_gtk(home, version, f"[Settings]\n{wishes}")

    assert system_settings.reduced_motion() is True
    assert system_settings.dark_mode() is True


def test_damaged_settings_file_is_as_good_as_none(home):
    write_gtk(home, "gtk-4.0", "no section\x00 = at all")

    assert system_settings.reduced_motion() is None


def test_program_that_fails_says_nothing(home):
    (home / "gsettings").write_text("#!/bin/sh\nexit 1\n")
    (home / "gsettings").chmod(0o755)

    assert system_settings.reduced_motion() is None


@pytest.mark.parametrize("name", ["android", "ios", "macosx", "win", "unknown"])
def test_system_that_is_not_there_raises_nothing(home, monkeypatch, name):
    monkeypatch.setattr(system_settings, "platform", name)

    assert system_settings.font_scale() is None
    assert not system_settings.reduced_motion()
    assert not system_settings.dark_mode()
