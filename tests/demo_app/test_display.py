from __future__ import annotations

import os

import pytest

from demo_app.display import DisplayError, has_display, virtual_display


@pytest.fixture
def no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", [":4711", "nonsense", "", ":", "localhost:4711.0"])
def test_display_that_nobody_answers_for_does_not_count(no_display, monkeypatch, name):
    monkeypatch.setenv("DISPLAY", name)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-4711")
    assert not has_display()


@pytest.mark.gui
def test_displays_made_at_the_same_time_are_different(no_display):
    with virtual_display(64, 64) as one:
        assert has_display()
        os.environ.pop("DISPLAY")
        with virtual_display(64, 64) as other:
            assert one != other
        os.environ["DISPLAY"] = one
    assert "DISPLAY" not in os.environ
    assert not has_display()


@pytest.mark.gui
def test_missing_xvfb_is_named_with_its_package(no_display, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(DisplayError, match="install the package xvfb"),
        virtual_display(),
    ):
        pass


@pytest.mark.gui
def test_xvfb_that_cannot_run_is_named(no_display, monkeypatch, tmp_path):
    broken = tmp_path / "Xvfb"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(DisplayError, match="ended at once"), virtual_display():
        pass
