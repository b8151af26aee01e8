"""``/openapi.json`` and ``/docs``: the document, and Swagger UI to read and try it."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import mimetypes
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, current_app, request

from client_sdk.contracts.problem import ProblemCode
from sync_server.api.coding import accepts_gzip
from sync_server.api.operation import (
    Access,
    Answer,
    Operation,
    Parameter,
    Tag,
    describe,
)
from sync_server.errors import ApiError
from sync_server.openapi.document import document_of

__all__ = ["openapi_blueprint"]

_OURS = Path(__file__).parent / "page"
#: The package of the assets, of which only files are read: it would import a framework.
_PACKAGE = "flask_openapi3_swagger"


class PageFile(StrEnum):
    """Files that the page asks for."""

    STYLE = "docs.css"
    SCRIPT = "docs.js"
    ICON = "favicon.svg"
    SWAGGER_STYLE = "swagger-ui.css"
    SWAGGER_SCRIPT = "swagger-ui-bundle.js"


_THEIRS = {
    PageFile.SWAGGER_STYLE: "css/swagger-ui.css",
    PageFile.SWAGGER_SCRIPT: "js/swagger-ui-bundle.js",
}
#: Seconds for which a browser shows what it has; then it asks with the ETag.
_MAX_AGE_SECONDS = 300
_SECURITY_HEADERS = {
    # Swagger UI draws its small images from data: URLs; nothing comes from elsewhere
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_HEADERS = {
    "ETag": "Names this content; send it back as `If-None-Match`.",
    "Cache-Control": f"Always `public, max-age={_MAX_AGE_SECONDS}`.",
    "Vary": "What else the answer depends on.",
}
_UNCHANGED = Answer(about="The reader has this very content.", headers=_HEADERS)


def _operation(summary: str, answer: Answer, *parameters: Parameter) -> Operation:
    return Operation(
        summary=summary,
        tag=Tag.OPERATIONS,
        access=Access.OPEN,
        is_machinery=True,
        parameters=(
            *parameters,
            Parameter(
                name="If-None-Match",
                place="header",
                type=str,
                about="The `ETag` of the content that the reader has.",
            ),
        ),
        answers={200: answer, 304: _UNCHANGED},
    )


_DOCUMENT = _operation(
    "Get this document",
    Answer(about="OpenAPI 3.1.", type=dict[str, object], headers=_HEADERS),
)
_PAGE = _operation(
    "Read and try the API in a browser",
    Answer(about="The page.", content_type="text/html", headers=_HEADERS),
)
_ASSET = _operation(
    "Get a file of the page",
    Answer(about="The file.", content_type="*/*", headers=_HEADERS),
    Parameter(
        name="name",
        place="path",
        type=PageFile,
        about="The file's name.",
        example="docs.css",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """What never changes while the process lives, ready in both codings."""

    body: bytes
    gzipped: bytes
    content_type: str
    etag: str


def openapi_blueprint() -> Blueprint:
    """Return the routes; the document is made when it is first asked for, and kept."""
    blueprint = Blueprint("openapi", __name__)

    @cache
    def document() -> _File:
        # every worker runs one application, so what is kept is that one's
        return _file(json.dumps(document_of(current_app)).encode(), "application/json")

    @blueprint.get("/openapi.json")
    @describe(_DOCUMENT)
    def openapi() -> Response:
        """The machine's form of this page: give it to a generator of clients."""
        return _answer(document())

    @blueprint.get("/docs")
    @describe(_PAGE)
    def docs() -> Response:
        """Swagger UI, served from here: the page needs no other host."""
        return _answer(_read(_OURS / "docs.html"))

    @blueprint.get("/docs/<name>")
    @describe(_ASSET)
    def docs_file(name: str) -> Response:
        """Style, script and icon of the page."""
        if name not in set(PageFile):
            raise ApiError(ProblemCode.NOT_FOUND, "The page has no such file.")
        return _answer(_read(_path(name)))

    return blueprint


def _answer(file: _File) -> Response:
    """Return the file, or 304 where the reader has it."""
    if accepts_gzip(request.environ):
        # another representation, so another strong tag (RFC 9110 section 8.8.3.3)
        response = Response(file.gzipped, content_type=file.content_type)
        response.headers["Content-Encoding"] = "gzip"
        response.set_etag(f"{file.etag}-gzip")
    else:
        response = Response(file.body, content_type=file.content_type)
        response.set_etag(file.etag)
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE_SECONDS}"
    response.headers.update(_SECURITY_HEADERS)
    response.make_conditional(request)
    return response


@cache
def _read(path: Path) -> _File:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = kind.startswith("text/")
    return _file(path.read_bytes(), f"{kind}; charset=utf-8" if is_text else kind)


def _file(body: bytes, content_type: str) -> _File:
    etag = hashlib.sha256(body).hexdigest()[:32]
    return _File(
        body=body,
        gzipped=gzip.compress(body, mtime=0),
        content_type=content_type,
        etag=etag,
    )


def _path(name: str) -> Path:
    return _theirs() / _THEIRS[PageFile(name)] if name in _THEIRS else _OURS / name


@cache
def _theirs() -> Path:
    """Return the folder of Swagger UI's files, without importing the package."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {_PACKAGE} is not installed")
    return Path(spec.submodule_search_locations[0]) / "templates/swagger"
