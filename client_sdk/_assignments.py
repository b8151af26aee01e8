"""The variants that users have, as this device knows them: the first one stays."""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache

from client_sdk._storage import Database
from client_sdk.contracts.codec import encode
from client_sdk.contracts.experiment import DeviceAssignment, ExperimentPlan
from client_sdk.contracts.tutorial import TutorialConfig
from client_sdk.contracts.value import Value, value

__all__ = ["Assignments", "StoredAssignment", "as_json", "made_on_device"]

_DEVICE = "device"
_SERVER = "server"


@value(frozen=True, kw_only=True)
class StoredAssignment(Value):
    """A user's variant of one experiment: a row."""

    variant: str
    epoch: int
    #: Whether the server decided, and not this device.
    is_servers: bool


_READ = (
    "SELECT variant, epoch, assigned_by FROM assignments"
    " WHERE user_id = ? AND experiment_id = ?"
)
_COLUMNS = "(user_id, experiment_id, variant, epoch, assigned_by) VALUES (?,?,?,?,?)"
_KEEP = f"INSERT OR IGNORE INTO assignments {_COLUMNS}"
_OVERRULE = f"INSERT OR REPLACE INTO assignments {_COLUMNS}"
# The one that the new user id has itself stays: it is what the server goes by, too.
_CLAIM = "UPDATE OR IGNORE assignments SET user_id = ? WHERE user_id = ?"


class Assignments:
    """The table ``assignments``.

    A device's own assignment is stored with the run that shows it, so that reading a
    config writes nothing: until somebody has seen it, it can be computed again.
    """

    def find(
        self, database: Database, *, user_id: str, experiment_id: str
    ) -> StoredAssignment | None:
        """Return what is stored for a user, None if nothing is."""
        for variant, epoch, by in database.execute(_READ, (user_id, experiment_id)):
            return StoredAssignment(
                variant=variant, epoch=epoch, is_servers=by == _SERVER
            )
        return None

    def keep(
        self, connection: sqlite3.Connection, user_id: str, assignment: DeviceAssignment
    ) -> None:
        """Store what the device decided unless there is something: first write wins."""
        connection.execute(
            _KEEP,
            (
                user_id,
                assignment.experiment_id,
                assignment.variant,
                assignment.epoch,
                _DEVICE,
            ),
        )

    def overrule(
        self, connection: sqlite3.Connection, user_id: str, config: TutorialConfig
    ) -> None:
        """Store what the server decided, whatever the device had before."""
        plan = config.experiment
        if plan is None:
            return
        values = (plan.id, config.variant, plan.epoch, _SERVER)
        connection.execute(_OVERRULE, (user_id, *values))

    def told(
        self, database: Database, *, user_id: str, config: TutorialConfig
    ) -> DeviceAssignment | None:
        """Return what the server is to be told with events about a config.

        None where the server decided, or has overruled the device since.
        """
        plan = config.experiment
        if plan is None:
            return None
        stored = self.find(database, user_id=user_id, experiment_id=plan.id)
        if stored is None or stored.is_servers:
            return None
        if stored.variant != config.variant:
            return None
        return made_on_device(plan, stored.variant, epoch=stored.epoch)

    @staticmethod
    def claim(connection: sqlite3.Connection, user_id: str, new_user_id: str) -> None:
        """Hand a user's variants to the id that the same person has from now on."""
        connection.execute(_CLAIM, (new_user_id, user_id))


def made_on_device(
    plan: ExperimentPlan, variant: str, *, epoch: int | None = None
) -> DeviceAssignment:
    """Return an assignment in the form in which events carry it."""
    return DeviceAssignment(
        experiment_id=plan.id, variant=variant, epoch=epoch or plan.epoch
    )


@lru_cache(maxsize=100)
def as_json(assignment: DeviceAssignment) -> str:
    """Return an assignment as the rows of events hold it: the wire's JSON."""
    return json.dumps(encode(assignment))
