"""What schemathesis must know of this API beyond its document: whose token, which names.

Loaded by the command line of :mod:`tests.acceptance.test_schemathesis`.
"""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.auths import AuthContext
from schemathesis.core.failures import AcceptedNegativeData

from client_sdk.contracts.routes import ACTIVITY, IDENTIFY, STEPS, SURVEY
from sync_server.auth.principals import Role
from sync_server.auth.tokens import TokenIssuer, TokenKey
from sync_server.clock import system_clock
from sync_server.settings import Settings

#: Fields that name something, and what stands in the demo's tutorial under each.
NAMES: dict[str, object] = {
    "stepId": "create-project",
    "variant": "v1_short",
    "tutorialVersion": 1,
}

_issuer = TokenIssuer(
    TokenKey.of(Settings.from_environ(os.environ)), clock=system_clock
)
_users = count(1)


def _token(role: Role, *, is_anonymous: bool = False) -> str:
    token, _ = _issuer.issue(
        user_id=UUID(int=next(_users)),
        role=role,
        lifetime=timedelta(hours=1),
        is_anonymous=is_anonymous,
    )
    return token


@schemathesis.auth(refresh_interval=None)
class Tokens:
    """A service's token where one is needed, else that of a user nobody was before.

    A new user each time, because the second survey of one user is refused for 30 days.
    """

    def get(self, case: Case[Any], context: AuthContext) -> str:
        is_internal = case.operation.path.startswith("/_internal")
        return _token(Role.SERVICE if is_internal else Role.USER)

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Have well-formed requests name what exists, or every answer would be 404 or 422."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    case.body = _with_known_names(case.body)
    if not isinstance(case.body, dict):
        return
    if case.operation.path == IDENTIFY:
        case.body["anonymousToken"] = _token(Role.USER, is_anonymous=True)
    if case.operation.path == SURVEY:
        # the demo's survey is the short form: a score, which must be there, and a comment
        score = case.body.get("nps")
        case.body |= {"nps": 9 if score is None else score, "answers": []}


def _with_known_names(value: Any) -> Any:
    """Return the body with names of the demo's tutorial and whole numbers without a point.

    JSON Schema takes 5.0 for an integer; the contract, as the introduction of the document
    says, does not.
    """
    if isinstance(value, list):
        return [_with_known_names(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, dict):
        return value
    known = {key: _with_known_names(each) for key, each in value.items()}
    return known | {key: NAMES[key] for key in NAMES.keys() & known.keys()}


@schemathesis.check
def rejected_in_receipt(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A batch with a bad event is answered 200, and the receipt must name that event.

    Stands for ``negative_data_rejection`` on these routes: one bad event never costs its
    neighbours, so that the status cannot say it.
    """
    is_negative = case.meta is not None and case.meta.generation.mode.is_negative
    is_batch = case.operation.path in (STEPS, ACTIVITY) and case.method == "POST"
    if not (is_batch and is_negative and response.status_code == 200):
        return
    if not response.json()["rejected"]:
        raise AcceptedNegativeData(
            operation=case.operation.label,
            message="The batch breaks the schema, and no event was rejected.",
            status_code=response.status_code,
            expected_statuses=["400", "200 with `rejected`"],
        )
