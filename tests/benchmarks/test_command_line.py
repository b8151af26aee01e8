"""``python -m benchmarks``: help, and names that are none."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import find, main


def test_help_names_every_benchmark_and_gives_examples(
    capsys: pytest.CaptureFixture[str],
):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    output = capsys.readouterr().out
    assert ended.value.code == 0
    assert "bench_ping" in find()
    assert all(name in output for name in find())
    assert "python -m benchmarks bench_ping bench_drain" in output


@pytest.mark.parametrize("wrong", ["bench_pign", "result", "--jsn"])
def test_what_is_no_benchmark_is_told_before_anything_is_measured(
    wrong: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit) as ended:
        main(["bench_ping", wrong])

    output = capsys.readouterr()
    assert ended.value.code == 2
    assert wrong in output.err
    assert output.out == ""


def test_a_wrong_name_is_answered_with_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
):
    with pytest.raises(SystemExit):
        main(["bench_pign"])

    assert f"there are: {', '.join(find())}" in capsys.readouterr().err
