"""When a sync may run."""

import logging

import pytest

from client_sdk.platforms import (
    Conditions,
    Metered,
    Network,
    Occasion,
    SyncPlan,
    plan_sync,
    read_conditions,
)

NOTHING = SyncPlan(may_sync=False, may_prefetch=False)
EVENTS = SyncPlan(may_sync=True, may_prefetch=False)
ALL = SyncPlan(may_sync=True, may_prefetch=True)

#: Network, low battery -> asked, events, periodic; with the default ``metered``.
TABLE = [
    (Network.UNMETERED, False, ALL, ALL, ALL),
    (Network.UNKNOWN, False, ALL, ALL, ALL),
    (Network.METERED, False, EVENTS, EVENTS, EVENTS),
    (Network.NONE, False, EVENTS, EVENTS, NOTHING),
    (Network.UNMETERED, True, EVENTS, EVENTS, NOTHING),
    (Network.UNKNOWN, True, EVENTS, EVENTS, NOTHING),
    (Network.METERED, True, EVENTS, EVENTS, NOTHING),
    (Network.NONE, True, EVENTS, EVENTS, NOTHING),
]


@pytest.mark.parametrize(("network", "is_low", "asked", "events", "periodic"), TABLE)
def test_the_table_holds(
    network: Network,
    is_low: bool,
    asked: SyncPlan,
    events: SyncPlan,
    periodic: SyncPlan,
):
    conditions = Conditions(network, is_battery_low=is_low)

    plans = [plan_sync(occasion, conditions) for occasion in Occasion]
    assert plans == [asked, events, periodic]


def test_the_table_is_complete():
    assert {row[:2] for row in TABLE} == {
        (network, is_low) for network in Network for is_low in (False, True)
    }


@pytest.mark.parametrize("is_low", [False, True])
@pytest.mark.parametrize("occasion", Occasion)
def test_never_on_metered_holds_even_for_what_the_app_asks_for(
    occasion: Occasion, is_low: bool
):
    conditions = Conditions(Network.METERED, is_battery_low=is_low)

    assert plan_sync(occasion, conditions, Metered.NEVER) == NOTHING


@pytest.mark.parametrize(("network", "is_low", "asked", "events", "periodic"), TABLE)
def test_the_metered_setting_changes_nothing_on_other_networks(
    network: Network,
    is_low: bool,
    asked: SyncPlan,
    events: SyncPlan,
    periodic: SyncPlan,
):
    if network is Network.METERED:
        always = plan_sync(Occasion.ASKED, Conditions(network, is_low), Metered.ALWAYS)
        assert always == (EVENTS if is_low else ALL)
        return
    for metered in Metered:
        for occasion, plan in zip(Occasion, (asked, events, periodic), strict=True):
            assert plan_sync(occasion, Conditions(network, is_low), metered) == plan


class MuteDevice:
    """A device on which every question fails, as without the permission."""

    def network(self) -> Network:
        raise RuntimeError("SecurityException: ACCESS_NETWORK_STATE")

    def is_battery_low(self) -> bool:
        raise RuntimeError("no such service")


def test_a_device_that_raises_is_one_that_has_not_said(caplog):
    with caplog.at_level(logging.ERROR):
        conditions = read_conditions(MuteDevice())  # type: ignore[arg-type]

    assert conditions == Conditions(Network.UNKNOWN, is_battery_low=False)
    assert "ACCESS_NETWORK_STATE" in caplog.text
