"""The wire contract: the types that device and server exchange, defined once.

Standard library only, no I/O; the assignment function alone takes xxhash, where there is
one.  The server decodes straight into these dataclasses with pydantic, the client with
:mod:`client_sdk.contracts.codec`; the golden cases in ``tests/contracts/cases`` hold the
two together.
"""
