"""Whose address a request comes from, through proxies, and which addresses count as one."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

__all__ = ["address_key", "client_address"]

#: Bits of an IPv6 address that a provider gives to one customer (RFC 6177).
_IPV6_PREFIX_BITS = 64
#: The longest address there is has 45 characters, plus a zone; what is longer is none.
_MAX_ADDRESS_LENGTH = 64
_MAX_REMEMBERED = 10_000


def client_address(environ: Mapping[str, Any], proxy_hops: int) -> str:
    """Return the address of whoever sent a request through ``proxy_hops`` proxies of ours.

    Each proxy appends to ``X-Forwarded-For`` whom it heard from, so the n-th from the
    right was written by our outermost proxy; everything left of it anybody may have
    written.  Where the header is too short, somebody came past the proxies: then the
    peer's own address counts.
    """
    peer: str = environ.get("REMOTE_ADDR", "")
    if not proxy_hops:
        return peer
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", proxy_hops)
    if len(forwarded) < proxy_hops:
        return peer
    address: str = forwarded[-proxy_hops].strip()
    return address if _is_address(address) else peer


def address_key(address: str) -> str:
    """Return what counts as one address: IPv4 as it is, IPv6 by its first 64 bits."""
    return _key(address) if len(address) <= _MAX_ADDRESS_LENGTH else ""


def _is_address(text: str) -> bool:
    return len(text) <= _MAX_ADDRESS_LENGTH and _key(text) != ""


@lru_cache(_MAX_REMEMBERED)
def _key(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    bits = int(address) >> (128 - _IPV6_PREFIX_BITS)
    return f"{bits:016x}"
