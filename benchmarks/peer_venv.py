"""A virtual environment for a peer whose pins do not fit into ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

__all__ = ["peer_venv"]

ROOT = Path(__file__).parents[1]


def peer_venv(name: str) -> Path:
    """Return ``.bench/NAME``, made of ``requirements/NAME.txt`` at the first use."""
    venv = ROOT / ".bench" / name
    pins = ROOT / "requirements" / f"{name}.txt"
    installed = venv / "installed.txt"
    if installed.exists() and installed.read_bytes() == pins.read_bytes():
        return venv
    subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
    pip: list[str | Path] = [venv / "bin/python", "-m", "pip", "install", "--quiet"]
    command = [*pip, "--require-hashes", "-r", pins]
    subprocess.run(command, check=True, capture_output=True)
    installed.write_bytes(pins.read_bytes())
    return venv
