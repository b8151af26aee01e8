"""Comments are unreadable without key, user and submission."""

from __future__ import annotations

import base64
import re
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, strategies as st

from sync_server.crypto import CommentCipher, DecryptionError, key_id

OLD, NEW = b"o" * 32, b"n" * 32
USER, SUBMISSION = uuid4(), uuid4()
ROW: dict[str, Any] = {"user_id": USER, "submission_id": SUBMISSION}


@given(st.text())
def test_what_was_encrypted_is_read_again(comment):
    cipher = CommentCipher([OLD])

    assert cipher.decrypt(cipher.encrypt(comment, **ROW), **ROW) == comment


def test_the_form_names_version_and_key():
    stored = CommentCipher([OLD]).encrypt("Loved it", **ROW)

    assert re.fullmatch(rf"v1:{key_id(OLD)}:[A-Za-z0-9+/]+=*", stored)
    # nonce, text and tag
    assert len(base64.b64decode(stored.split(":")[2])) == 12 + 8 + 16


def test_the_same_comment_never_looks_the_same():
    cipher = CommentCipher([OLD])

    assert cipher.encrypt("x", **ROW) != cipher.encrypt("x", **ROW)


def test_after_a_rotation_old_comments_are_read_and_new_ones_use_the_new_key():
    stored = CommentCipher([OLD]).encrypt("old", **ROW)
    rotated = CommentCipher([NEW, OLD])

    assert rotated.decrypt(stored, **ROW) == "old"
    assert rotated.encrypt("new", **ROW).startswith(f"v1:{key_id(NEW)}:")


def test_without_its_key_the_error_names_the_key():
    stored = CommentCipher([OLD]).encrypt("old", **ROW)

    with pytest.raises(DecryptionError, match=key_id(OLD)):
        CommentCipher([NEW]).decrypt(stored, **ROW)


@pytest.mark.parametrize("changed", ["user_id", "submission_id"])
def test_a_row_moved_to_another_place_cannot_be_read(changed):
    cipher = CommentCipher([OLD])
    stored = cipher.encrypt("mine", **ROW)

    with pytest.raises(DecryptionError, match="not written for this user"):
        cipher.decrypt(stored, **{**ROW, changed: uuid4()})


@pytest.mark.parametrize("question_id", [None, "other", "whya"])
def test_a_text_moved_to_another_question_cannot_be_read(question_id):
    cipher = CommentCipher([OLD])
    stored = cipher.encrypt("mine", **ROW, question_id="why")

    with pytest.raises(DecryptionError, match="not written for this user"):
        cipher.decrypt(stored, **ROW, question_id=question_id)
    assert cipher.decrypt(stored, **ROW, question_id="why") == "mine"


def test_the_keys_are_known_by_their_ids():
    cipher = CommentCipher([NEW, OLD])

    assert cipher.key_ids == (key_id(NEW), key_id(OLD))
    assert cipher.current == key_id(NEW)


def test_a_changed_byte_is_noticed():
    cipher = CommentCipher([OLD])
    head, _, payload = cipher.encrypt("mine", **ROW).rpartition(":")
    raw = bytearray(base64.b64decode(payload))
    raw[15] ^= 1

    with pytest.raises(DecryptionError):
        cipher.decrypt(f"{head}:{base64.b64encode(raw).decode()}", **ROW)


@pytest.mark.parametrize(
    "stored",
    [
        "plain text",
        "v2:a:b",
        "v1",
        "v1:00000000:AAAA",
        f"v1:{key_id(OLD)}:%%%",
        f"v1:{key_id(OLD)}:AAAA",
        "",
    ],
)
def test_what_is_no_stored_comment_is_refused(stored):
    with pytest.raises(DecryptionError):
        CommentCipher([OLD]).decrypt(stored, **ROW)


def test_a_cipher_needs_a_key():
    with pytest.raises(ValueError, match="at least one"):
        CommentCipher([])
