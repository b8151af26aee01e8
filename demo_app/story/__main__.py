"""``python -m demo_app.story``: play the story and count."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click

from demo_app.display import DisplayError
from demo_app.programs import ProgramError
from demo_app.story.errors import StoryError
from demo_app.story.plan import FIRST_KILL_AT, LAST_KILL_AT, Plan, draw_plan
from demo_app.story.plot import Plot
from demo_app.story.report import Report, summary, write_report
from demo_app.story.stage import Stage, set_stage
from demo_app.story.verdict import judge

__all__ = ["tell_story"]


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-output"),
    show_default=True,
    help="Folder for the pictures and report.json.",
)
@click.option(
    "--kill-at",
    type=click.IntRange(FIRST_KILL_AT, LAST_KILL_AT),
    help="Kill the app at this stop: 0 its start, 1 the first card, and so on;"
    " after the last card the survey, then its answer.",
)
@click.option(
    "--seed",
    type=int,
    help="Draw the moments of both kills, in the middle of writes and requests.",
)
def main(output: Path, kill_at: int | None, seed: int | None) -> None:
    """Play the offline story in a real window and count every event.

    A tour is stepped through, the server dies, the app is killed and started again, the
    network returns.  Exits with 1 if PostgreSQL does not hold every event exactly once.

    \b
    Examples:
      python -m demo_app.story
      python -m demo_app.story --kill-at 4
      python -m demo_app.story --seed 17 --output /tmp/story-17
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        report = tell_story(output, draw_plan(kill_at=kill_at, seed=seed))
    except (StoryError, ProgramError, DisplayError) as exc:
        raise click.ClickException(str(exc)) from exc
    except KeyboardInterrupt:
        click.echo("Interrupted; everything that was started has ended.")
        raise SystemExit(130) from None
    click.echo(summary(report, output))
    sys.exit(0 if report.is_good else 1)


def tell_story(output: Path, plan: Plan) -> Report:
    """Play one story; StoryError if it cannot be played to its end.

    The folder holds pictures, report and the programs' logs afterwards, and nothing of
    an earlier story.
    """
    _empty(output)
    began = time.monotonic()
    with set_stage() as stage:
        plot = Plot(stage=stage, plan=plan, output=output, say=_say_since(began))
        try:
            device = plot.play()
        finally:
            _keep_logs(stage, output)
        report = judge(plot, device, seconds=time.monotonic() - began)
    write_report(report, output)
    return report


def _empty(output: Path) -> None:
    """Remove what an earlier story left; other files stay."""
    output.mkdir(parents=True, exist_ok=True)
    for pattern in ("[0-9][0-9]-*.png", "report.json", "*.log"):
        for path in output.glob(pattern):
            path.unlink()


def _keep_logs(stage: Stage, output: Path) -> None:
    for program in (stage.server, stage.app):
        if program.log.exists():
            shutil.copy(program.log, output)


def _say_since(began: float) -> Callable[[str], None]:
    def say(line: str) -> None:
        click.echo(f"{time.monotonic() - began:5.1f} s  {line}")

    return say


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
