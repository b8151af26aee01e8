"""Which rows found in the bytes of a damaged file are whole, and what they say today.

A row counts where its checksum fits; one of a table without checksums where every value
is of its kind and place.  Each check returns the row as this version stores it, without
its integer key, or None if it is not whole.
"""

from __future__ import annotations

import json
import zlib
from uuid import UUID

from client_sdk._checksums import checksum, checksum_of_version_1
from client_sdk._records import Value
from client_sdk.contracts.identity import is_secret, user_id_of_secret

__all__ = [
    "Row",
    "check_answer",
    "check_assignment",
    "check_config",
    "check_nothing",
    "check_of_user",
    "check_old_answer",
    "check_owned",
    "check_ping",
    "check_progress",
    "check_run",
    "check_set_aside",
    "check_user",
]

Row = tuple[Value, ...]


def check_ping(values: Row) -> Row | None:
    """Check a ping; the first version's, too, which had other checksums."""
    _, *fields, stored = values[:13]
    assignment = values[13] if len(values) > 13 else None
    whole = checksum((*fields, assignment))
    if stored in (whole, checksum_of_version_1(tuple(fields))):
        return (*fields, whole, assignment)
    return None


def check_answer(values: Row) -> Row | None:
    """Check an answer to a survey."""
    return values if checksum(values[:-1]) == values[-1] else None


def check_old_answer(values: Row) -> Row | None:
    """Check an answer as the first version kept it: none of them was partial."""
    *fields, stored = values
    if checksum_of_version_1(tuple(fields)) != stored:
        return None
    row = (*fields, None, None, 1)
    return (*row, checksum(row))


def check_set_aside(values: Row) -> Row | None:
    """Check an event that the server refused."""
    _, kind, _, _, body, *_ = values
    is_known = kind in ("ping", "survey") and _is_json(body)
    return (*values[1:], *(None,) * (9 - len(values))) if is_known else None


def check_config(values: Row) -> Row | None:
    """Check a tutorial's content."""
    row = (*values, *(None,) * (12 - len(values)))
    body, stored = str(row[5]), row[10]
    is_whole = stored in (None, zlib.crc32(body.encode())) and _is_json(body)
    return (*row[:11], row[11] or 0) if is_whole else None


def check_run(values: Row) -> Row | None:
    """Check where a user stands in a tutorial."""
    is_known = values[8] in ("running", "survey", "finished", "skipped")
    return (*values, *(None,) * (11 - len(values))) if is_known else None


def check_user(values: Row) -> Row | None:
    """Check an anonymous user: its id follows from its secret."""
    user_id, secret, *_ = values
    is_whole = is_secret(str(secret)) and user_id == str(user_id_of_secret(str(secret)))
    return values if is_whole else None


def check_assignment(values: Row) -> Row | None:
    """Check which variant of an experiment a user has."""
    user_id, *_, assigned_by = values
    is_known = assigned_by in ("device", "server")
    return values if is_known and _is_user(user_id) else None


def check_progress(values: Row) -> Row | None:
    """Check what the server told of a tutorial's progress."""
    user_id, tutorial_id, _, body = values
    # Not the tag of all of it: with that the server would not send what is lost.
    is_whole = tutorial_id != "" and _is_user(user_id) and _is_json(body)
    return values if is_whole else None


def check_of_user(values: Row) -> Row | None:
    """Check a row that begins with a user's id."""
    return values if _is_user(values[0]) else None


def check_owned(values: Row) -> Row | None:
    """Check a row that has a user's id behind its own."""
    return values if _is_user(values[1]) else None


def check_nothing(values: Row) -> Row | None:
    """Take a row of which no more can be told than its shape."""
    return values


def _is_user(user_id: Value) -> bool:
    try:
        return user_id == "" or str(UUID(str(user_id))) == user_id
    except ValueError:
        return False


def _is_json(text: Value) -> bool:
    try:
        json.loads(str(text))
    except ValueError:
        return False
    return True
