"""Do the keys open what is stored, and can the identity provider's be had?"""

from __future__ import annotations

from collections.abc import Iterator

from sync_server.auth.jwks import KeySetError, read_key_set
from sync_server.auth.key_fetch import Fetch, FetchError, fetch_document
from sync_server.crypto import CommentCipher, DecryptionError
from sync_server.diagnosis.database import Database, row
from sync_server.diagnosis.result import Result, fault, ok, warning
from sync_server.settings import Settings

__all__ = ["identity_results", "stored_key_results"]

#: One stored text for each key id, and where it came from; NULLs where it is a comment.
_SAMPLES = """
    SELECT DISTINCT ON (split_part(stored, ':', 2))
      split_part(stored, ':', 2), stored, user_id, submission_id, question_id
    FROM (
      SELECT comment AS stored, user_id, submission_id, NULL AS question_id
      FROM tutorial_surveys WHERE comment <> '' AND user_id IS NOT NULL
      UNION ALL
      SELECT text_encrypted, user_id, submission_id, question_id
      FROM survey_answers WHERE text_encrypted IS NOT NULL
    ) AS texts
    ORDER BY split_part(stored, ':', 2)
"""


def stored_key_results(database: Database) -> Iterator[Result]:
    """Yield whether every key id that stored texts name is given, and opens them."""
    keys = database.settings.comment_keys
    (is_there,) = row(
        database.connection, "SELECT to_regclass('survey_answers') IS NOT NULL"
    )
    if not keys or not is_there:
        return
    cipher = CommentCipher(keys)
    found = 0
    for key, stored, user_id, submission_id, question_id in database.connection.execute(
        _SAMPLES
    ):
        found += 1
        try:
            cipher.decrypt(
                stored,
                user_id=user_id,
                submission_id=submission_id,
                question_id=question_id,
            )
        except DecryptionError:
            yield fault(
                "comment keys",
                f"stored texts name the key {key}, and no given key opens them",
                remedy="append the key of that time to KAZI_COMMENT_KEY; without it they "
                "are lost",
            )
        else:
            yield _opened(key, is_current=key == cipher.current)
    if not found:
        yield ok("comment keys", "no encrypted text is stored yet")


def _opened(key: str, *, is_current: bool) -> Result:
    if is_current:
        return ok("comment keys", f"the key {key} opens what it encrypted")
    return warning(
        "comment keys",
        f"some texts are still under the older key {key}, which opens them",
        remedy="run: kazi-server keys rotate; then drop that key",
    )


def identity_results(
    settings: Settings, *, fetch: Fetch = fetch_document
) -> Iterator[Result]:
    """Yield whether the identity provider's key set can be read, if there is one."""
    provider = settings.identity
    if provider is None:
        yield ok(
            "identity provider", "none: only this server's own tokens are accepted"
        )
    elif provider.jwks_url is None:
        yield ok("identity provider", f"{provider.issuer}, with a shared secret")
    else:
        yield _key_set_result(provider.jwks_url, fetch)


def _key_set_result(url: str, fetch: Fetch) -> Result:
    try:
        ring = read_key_set(fetch(url))
    except (FetchError, KeySetError) as exc:
        return fault(
            "identity provider",
            f"its keys cannot be read: {exc}",
            remedy="check KAZI_IDENTITY_JWKS_URL (or KAZI_SUPABASE_URL), and that this "
            f"machine reaches {url}",
        )
    if not ring.keys:
        return fault(
            "identity provider",
            "its key set has no key that signs with RS256, ES256 or EdDSA",
            remedy="let it sign with one of these, or give KAZI_IDENTITY_SECRET",
        )
    return ok("identity provider", f"its key set has {len(ring.keys)} usable keys")
