"""The SDK's guide: its example of an app's test passes as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_example_of_an_app_s_test_passes(tmp_path: Path):
    guide = (ROOT / "docs" / "sdk.md").read_text()
    section = guide.partition("## Testing your app")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    (tmp_path / "test_tour.py").write_text(found[1])

    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
