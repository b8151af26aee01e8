"""Kill a busy app for as long as is asked, and say what was lost: ``python -m tests.soak``.

``KAZI_SOAK_KILLS``, ``KAZI_SOAK_PINGS`` and ``KAZI_SOAK_SEED`` set how many kills (200), how many
pings (a million) and which course of faults and kills (a random one, which is printed).
The exit code is 0 where nothing was lost, doubled, reordered or miscounted.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.status import Status

from sync_server.db.migrations import Migrator
from tests.support.busy_device import BusyDevice, busy_device
from tests.support.demo_server import demo_server
from tests.support.durable_postgres import durable_postgres
from tests.support.faulty_proxy import FAULTS, FaultyProxy, Timing, faulty_proxy
from tests.support.promises import Verdict, judge

#: How long an app lives on average: it starts, waits for the lease that its predecessor
#: left, and sends through every kind of fault.
LIFE_SECONDS = 3.0
#: Lines of progress where there is no terminal, over the whole run.
LINES = 20
#: Events that are drained a second on a machine that does much else, at least.
SLOWEST_DRAIN = 200


class Plan(NamedTuple):
    """What is asked for."""

    kills: int
    pings: int
    seed: int

    @classmethod
    def from_environ(cls) -> Plan:
        """Read it, with the defaults of the long form."""
        get = os.environ.get
        return cls(
            kills=int(get("KAZI_SOAK_KILLS", "200")),
            pings=int(get("KAZI_SOAK_PINGS", "1000000")),
            seed=int(get("KAZI_SOAK_SEED") or random.randrange(1_000_000)),
        )

    @property
    def pings_per_second(self) -> float:
        """Return how fast the app must ping to be done with the last kill."""
        return self.pings / self.kills / LIFE_SECONDS


class Progress:
    """One line that is renewed in a terminal; a line now and then elsewhere."""

    def __init__(self, console: Console, status: Status, plan: Plan) -> None:
        self._console = console
        self._status = status
        self._plan = plan
        self._every = max(1, plan.kills // LINES)

    def tell(self, kills: int, device: BusyDevice, proxy: FaultyProxy) -> None:
        """Say how far it is."""
        faults = sum(proxy.counts[fault] for fault in FAULTS)
        line = (
            f"{kills}/{self._plan.kills} kills, "
            f"{device.promises.pings:,}/{self._plan.pings:,} pings, {faults:,} faults"
        )
        self._status.update(line)
        if not self._console.is_terminal and kills % self._every == 0:
            self._console.print(line)


def main() -> int:
    """Run the soak; 1 if the verdict is not clean."""
    argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    # what the app is silent about need not be said while its folder is drained
    logging.getLogger("client_sdk").setLevel(logging.ERROR)
    console, plan = Console(highlight=False, soft_wrap=True), Plan.from_environ()
    console.print(f"{plan.kills} kills, {plan.pings:,} pings, seed {plan.seed}")
    started = time.monotonic()
    with console.status("starting PostgreSQL and the server ...") as status:
        verdict, told = soak(plan, Progress(console, status, plan))
    console.print(told)
    console.print(f"{verdict} after {time.monotonic() - started:,.0f} s")
    console.print(f"lost {verdict.lost}, doubled {verdict.doubled}")
    return 0 if verdict.is_clean else 1


def soak(plan: Plan, progress: Progress) -> tuple[Verdict, str]:
    """Return the verdict, and what happened in a line."""
    with ExitStack() as stack:
        # stays where something is wrong, for a look
        folder = Path(tempfile.mkdtemp(prefix="kazi-soak-"))
        postgres = stack.enter_context(durable_postgres())
        Migrator(postgres.url).apply()
        server = stack.enter_context(demo_server(postgres.url, folder / "server.log"))
        timing = Timing(longest_delay=0.1, stall=0.5)
        proxy = stack.enter_context(
            faulty_proxy(server.port, seed=plan.seed, timing=timing)
        )
        device = stack.enter_context(
            busy_device(
                folder / "device",
                proxy,
                server_url=server.url,
                pings_per_second=plan.pings_per_second,
                seed=plan.seed,
            )
        )
        for kills in range(1, plan.kills + 1):
            device.kill_one(most_pings=2 * plan.pings // plan.kills)
            progress.tell(kills, device, proxy)
        device.wait_for(plan.pings)
        device.kill_all()
        remains = device.drain(timeout_seconds=120 + plan.pings / SLOWEST_DRAIN)
        verdict = judge(postgres.url, device.promises, remains)
        told = summary(device, proxy)
        if verdict.is_clean:
            shutil.rmtree(folder)
        else:
            told += f"\nThe device's folder is kept in {folder}"
        return verdict, told


def summary(device: BusyDevice, proxy: FaultyProxy) -> str:
    """Return what was done to the app, and what it promised."""
    promises = device.promises
    faults = ", ".join(f"{proxy.counts[fault]} {fault}" for fault in sorted(FAULTS))
    return (
        f"{promises.pings:,} pings, {len(promises.completed):,} completed steps and"
        f" {len(promises.answers):,} answers were promised; exchanges: {faults};"
        f" the device's folder took up to {device.largest_bytes / 1e6:,.0f} MB"
    )


if __name__ == "__main__":
    sys.exit(main())
