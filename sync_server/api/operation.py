"""What a route takes and answers, said beside the route; the OpenAPI document is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, TypeVar

from client_sdk.contracts.problem import ProblemCode

__all__ = [
    "Access",
    "Answer",
    "Operation",
    "Parameter",
    "Tag",
    "describe",
    "operation_of",
]

_ATTRIBUTE = "kazi_operation"
View = TypeVar("View", bound=Callable[..., Any])


class Access(Enum):
    """Whose token a route asks for."""

    #: No token.
    OPEN = "open"
    #: A user's token, or none.
    OPTIONAL_USER = "optional_user"
    #: A user's token, anonymous users included.
    USER = "user"
    #: A service's token.
    SERVICE = "service"


class Tag(StrEnum):
    """Groups of routes, in the order in which a reader meets them."""

    #: What a device shows: tutorials as one user sees them.
    TUTORIALS = "Tutorials"
    #: Users without an account, and what becomes of them when they sign in.
    IDENTITY = "Identity"
    #: What happened on a device; told twice, it counts once.
    EVENTS = "Events"
    #: Where a user stands, on all devices.
    PROGRESS = "Progress"
    #: What users answer after a tutorial.
    SURVEYS = "Surveys"
    #: For other services of the house, with a token of `role=service`.
    INTERNAL = "Internal"
    #: For the machinery around the server, without a token.
    OPERATIONS = "Operations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter in query, path or header; ``type`` is any type that pydantic knows.

    ``example`` is a value that the server with the demo's tutorial knows.
    """

    name: str
    place: str
    type: Any
    about: str
    is_required: bool = False
    example: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: its type (None: no body), or its content type where it is no JSON."""

    about: str
    type: Any = None
    content_type: str = "application/json"
    #: Name of each header to what it says.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: The same for those that are not always there.
    optional_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A route as its users need to know it; the view's docstring says the rest, in Markdown."""

    summary: str
    tag: Tag
    access: Access
    answers: Mapping[int, Answer]
    #: Every code that the route itself may answer; those that any route may answer
    #: (token, body, rate limit, database) are added from ``access`` and ``body``.
    problems: frozenset[ProblemCode] = frozenset()
    #: Type of the request's JSON body.
    body: Any = None
    #: A body, as sent, that the server with the demo's tutorial takes.
    example: Any = None
    parameters: tuple[Parameter, ...] = ()
    #: For the machinery around the server: no rate limit, and the database only where
    #: ``problems`` has it.
    is_machinery: bool = False


def describe(operation: Operation) -> Callable[[View], View]:
    """Return a decorator that attaches the operation to its view."""

    def attach(view: View) -> View:
        setattr(view, _ATTRIBUTE, operation)
        return view

    return attach


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """Return what was attached to a view, if anything."""
    operation: Operation | None = getattr(view, _ATTRIBUTE, None)
    return operation
