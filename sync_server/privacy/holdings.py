"""Every table that holds a user id; what is exported and erased is read off this list."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

__all__ = ["HOLDINGS", "Holding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A table with rows that belong to users, and how they are exported and erased."""

    table: str
    #: Name of its rows in an export.
    section: str
    #: Columns that hold user ids.
    user_columns: tuple[str, ...] = ("user_id",)
    #: Columns that sort the rows of an export.
    order: tuple[str, ...]
    #: Column that is encrypted for its user and submission.
    sealed: str = ""
    #: Name of that column's text in an export.
    sealed_name: str = ""
    #: SQL of a JSON object that replaces columns which have no JSON form of their own.
    replaces: str = "'{}'::jsonb"
    #: Why an erasure leaves its rows for a while; empty: it deletes them.
    stays: str = ""

    def rows(self) -> sql.Composed:
        """Return the query of its rows as JSON; its parameter ``ids`` is an array."""
        return sql.SQL(
            "SELECT to_jsonb(held) || {replaces} FROM {table} AS held "
            "WHERE {is_theirs} ORDER BY {order}"
        ).format(
            replaces=sql.SQL(self.replaces),
            table=sql.Identifier(self.table),
            is_theirs=self._is_theirs(),
            order=sql.SQL(", ").join(map(sql.Identifier, self.order)),
        )

    def deletion(self) -> sql.Composed:
        """Return the statement that deletes its rows; its parameter ``ids`` is an array."""
        return sql.SQL("DELETE FROM {table} WHERE {is_theirs}").format(
            table=sql.Identifier(self.table), is_theirs=self._is_theirs()
        )

    def _is_theirs(self) -> sql.Composed:
        return sql.SQL(" OR ").join(
            sql.SQL("{column} = ANY(%(ids)s)").format(column=sql.Identifier(column))
            for column in self.user_columns
        )


#: In the order of an export, and of the deletions of an erasure: answers before the
#: surveys that they belong to.
HOLDINGS = (
    Holding(
        table="identity_links",
        section="identityLinks",
        user_columns=("anonymous_id", "user_id"),
        order=("linked_at", "anonymous_id"),
    ),
    Holding(table="tutorial_step_events", section="stepEvents", order=("id",)),
    Holding(
        table="tutorial_assignments",
        section="assignments",
        order=("user_id", "experiment_id"),
    ),
    Holding(
        table="user_personas",
        section="personas",
        order=("user_id",),
        replaces="jsonb_build_object('embedding', held.embedding::real[])",
    ),
    # a switch locks the three in this order
    Holding(
        table="user_personas_next",
        section="nextPersonas",
        order=("user_id",),
        replaces="jsonb_build_object('embedding', held.embedding::real[])",
    ),
    Holding(
        table="user_personas_previous",
        section="previousPersonas",
        order=("user_id",),
        replaces="jsonb_build_object('embedding', held.embedding::real[])",
    ),
    Holding(
        table="survey_answers",
        section="surveyAnswers",
        order=("user_id", "submission_id", "question_id"),
        sealed="text_encrypted",
        sealed_name="text",
    ),
    Holding(
        table="tutorial_surveys",
        section="surveys",
        order=("id",),
        sealed="comment",
        sealed_name="comment",
    ),
    Holding(table="progress", section="progress", order=("user_id", "tutorial_id")),
    Holding(
        table="xp_awards",
        section="xpAwards",
        order=("user_id", "tutorial_id", "step_id", "rule"),
    ),
    Holding(
        table="user_activity",
        section="activity",
        order=("user_id", "occurred_at", "event_id"),
    ),
    Holding(table="user_days", section="activityDays", order=("user_id", "day")),
    Holding(table="user_spans", section="activitySpans", order=("user_id",)),
    Holding(
        table="user_features",
        section="features",
        order=("user_id",),
        replaces="jsonb_build_object('features', held.features::real[])",
    ),
    Holding(
        table="user_changes",
        section="pendingChanges",
        order=("noted_at", "user_id"),
        stays="tells the workers to forget what they remember; deleted after an hour",
    ),
    Holding(
        table="erasures",
        section="erasures",
        order=("id",),
        stays="tells the event bus; deleted some days after it was told",
    ),
)
