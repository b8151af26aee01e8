"""What schemathesis must know of this API beyond its document: whose token, which names.

Loaded by the command line of :mod:`tests.acceptance.test_schemathesis`.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.auths import AuthContext
from schemathesis.core.failures import AcceptedNegativeData

from client_sdk.contracts.routes import ACTIVITY, ANONYMOUS, IDENTIFY, STEPS, SURVEY
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

#: The user of the document's examples: what one request stores, another one reads.
PERSON = UUID("0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69")
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

_issuer = TokenIssuer(
    TokenKey.of(Settings.from_environ(os.environ)), clock=system_clock
)


def _token(user_id: UUID, role: Role) -> str:
    token, _ = _issuer.issue(user_id=user_id, role=role, lifetime=timedelta(hours=1))
    return token


def _anonymous_token() -> str:
    """Return what the server gives a device without an account."""
    url = f"{os.environ['KAZI_URL']}{ANONYMOUS}"
    return str(httpx.post(url, json={"secret": SECRET}).json()["token"])


@schemathesis.auth(refresh_interval=None)
class Tokens:
    """Whose token a route is called with."""

    def get(self, case: Case[Any], context: AuthContext) -> str:
        path = case.operation.path
        if path.startswith("/_internal"):
            return _token(PERSON, Role.SERVICE)
        if path == STEPS:
            return _anonymous_token()
        # the second survey of one user would be refused for 30 days
        return _token(uuid4() if path == SURVEY else PERSON, Role.USER)

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
        case.body["anonymousToken"] = _anonymous_token()
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
