"""A person with rows in every table that holds a user id."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg

from sync_server.crypto import CommentCipher
from sync_server.settings import Settings

__all__ = ["COMMENT", "TEXT", "fill"]

COMMENT = "The dashboard is lovely; my name is Ada"
TEXT = "Call me on 030 901820"


def fill(
    settings: Settings, user_id: UUID, *, anonymous_id: UUID | None = None
) -> None:
    """Store one row in each table, all of the account's but for a link."""
    cipher = CommentCipher(settings.comment_keys)
    submission_id = uuid4()
    parameters = {
        "user_id": user_id,
        "submission_id": submission_id,
        "event_id": uuid4(),
        "anonymous_id": anonymous_id,
        "comment": cipher.encrypt(
            COMMENT, user_id=user_id, submission_id=submission_id
        ),
        "text": cipher.encrypt(
            TEXT, user_id=user_id, submission_id=submission_id, question_id="why"
        ),
    }
    with psycopg.connect(settings.database_url or "", autocommit=True) as connection:
        for statement in _STATEMENTS if anonymous_id is None else (*_STATEMENTS, _LINK):
            connection.execute(statement, parameters)


_LINK = """INSERT INTO identity_links (anonymous_id, user_id)
           VALUES (%(anonymous_id)s, %(user_id)s)"""
_STATEMENTS = (
    """INSERT INTO tutorial_step_events
         (user_id, event_id, tutorial_id, step_id, status, duration_ms, persona)
       VALUES (%(user_id)s, %(event_id)s, 'tour', 'welcome', 'completed', 5, 'solo-freelancer')""",
    """INSERT INTO tutorial_assignments (user_id, experiment_id, variant_id)
       VALUES (%(user_id)s, 'tour-v1', 'tour_short')""",
    """INSERT INTO user_personas (user_id, persona, embedding, confidence)
       VALUES (%(user_id)s, 'team-manager', array_fill(0.5, array[32])::vector, 0.75)""",
    """INSERT INTO user_personas_next (user_id, persona, embedding)
       VALUES (%(user_id)s, 'team-manager', array_fill(0.5, array[32])::vector)""",
    """INSERT INTO user_personas_previous (user_id, persona, embedding)
       VALUES (%(user_id)s, 'newbie', array_fill(0.1, array[32])::vector)""",
    """INSERT INTO tutorial_surveys (user_id, submission_id, tutorial_id, nps, comment)
       VALUES (%(user_id)s, %(submission_id)s, 'tour', 9, %(comment)s)""",
    """INSERT INTO survey_answers (user_id, submission_id, question_id, text_encrypted)
       VALUES (%(user_id)s, %(submission_id)s, 'why', %(text)s)""",
    """INSERT INTO progress (user_id, tutorial_id, step_id, position, finished, wall_ms,
         counter, device_id, furthest_step_id, furthest_position)
       VALUES (%(user_id)s, 'tour', 'invite', 2, true, 1, 0, %(event_id)s, 'invite', 2)""",
    """INSERT INTO xp_awards (user_id, tutorial_id, step_id, rule, points)
       VALUES (%(user_id)s, 'tour', 'welcome', 'step_completed', 10)""",
    """INSERT INTO user_activity (user_id, event_id, name, occurred_at)
       VALUES (%(user_id)s, %(event_id)s, 'Project Created', now())""",
    """INSERT INTO user_days (user_id, day, events) VALUES (%(user_id)s, current_date, 1)""",
    """INSERT INTO user_spans (user_id, first_at, last_at)
       VALUES (%(user_id)s, now(), now())""",
    """INSERT INTO user_features (user_id, last_day, features)
       VALUES (%(user_id)s, current_date, array_fill(0.5, array[32])::vector)""",
)
