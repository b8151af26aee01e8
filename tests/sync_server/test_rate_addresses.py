"""Whose address counts, whatever a client writes into its headers."""

from __future__ import annotations

import pytest

from sync_server.ratelimits.addresses import address_key, client_address

PEER = "192.0.2.1"


def seen(forwarded: str | None, hops: int) -> str:
    environ = {"REMOTE_ADDR": PEER}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    return client_address(environ, hops)


@pytest.mark.parametrize(
    ("forwarded", "hops", "address"),
    [
        pytest.param(None, 0, PEER, id="no proxy"),
        pytest.param("198.51.100.7", 0, PEER, id="forged, no proxy"),
        pytest.param("198.51.100.7", 1, "198.51.100.7", id="one proxy"),
        pytest.param("203.0.113.9, 198.51.100.7", 1, "198.51.100.7", id="forged"),
        pytest.param("198.51.100.7,10.0.0.2", 2, "198.51.100.7", id="two proxies"),
        pytest.param("x, 198.51.100.7, 10.0.0.2", 2, "198.51.100.7", id="forged, two"),
        pytest.param(None, 1, PEER, id="past the proxy"),
        pytest.param("198.51.100.7", 2, PEER, id="past one of two"),
        pytest.param("unknown", 1, PEER, id="no address"),
        pytest.param("", 1, PEER, id="empty"),
        pytest.param("1" * 60_000, 1, PEER, id="long"),
    ],
)
def test_the_address_is_the_one_that_our_proxy_wrote(forwarded, hops, address):
    assert seen(forwarded, hops) == address


def test_a_customer_has_one_key_for_all_of_its_ipv6_addresses():
    assert address_key("2001:db8:1:2::1") == address_key("2001:db8:1:2:ffff::9")
    assert address_key("2001:db8:1:2::1") != address_key("2001:db8:1:3::1")


def test_ipv4_is_the_same_inside_ipv6():
    assert address_key("::ffff:192.0.2.1") == address_key("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("text", ["", "unknown", "192.0.2.256", "1" * 1_000])
def test_what_is_no_address_shares_one_key(text):
    assert address_key(text) == ""
