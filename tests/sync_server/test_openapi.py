"""The OpenAPI document: valid, current, complete, and true to the types that validate."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, strategies as st
from pydantic import TypeAdapter, ValidationError
from schemathesis.specs.openapi.definitions import OPENAPI_31

from client_sdk.contracts.anonymous import AnonymousRequest
from client_sdk.contracts.constraints import Satisfies
from client_sdk.contracts.identity import encode_secret
from client_sdk.contracts.limits import Id, Text
from client_sdk.contracts.problem import ProblemCode
from sync_server.api.operation import Access, Tag, operation_of
from sync_server.app import create_app
from sync_server.db.pool import open_pool
from sync_server.errors import problem_of
from sync_server.openapi.comments import prose
from sync_server.settings import Settings
from tests.support.server_process import free_port

ROOT = Path(__file__).parents[2]
CHECKED_IN = ROOT / "docs" / "openapi.json"


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    served: dict[str, Any] = json.loads(client.get("/openapi.json").data)
    return served


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return each operation by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


class TestDocument:
    def test_it_is_openapi_3_1(self, document):
        validator = jsonschema.Draft202012Validator(OPENAPI_31)

        assert [str(error) for error in validator.iter_errors(document)] == []

    def test_every_schema_is_json_schema(self, document):
        for schema in document["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)

    def test_every_reference_leads_somewhere(self, document):
        text = json.dumps(document)

        for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
            value: Any = document
            for key in reference.split("/"):
                value = value[key]
            assert value

    def test_the_one_checked_in_is_current(self):
        done = subprocess.run(
            [sys.executable, "-m", "sync_server", "openapi"],
            capture_output=True,
            text=True,
            check=True,
        )

        assert done.stdout == CHECKED_IN.read_text("utf-8"), (
            "docs/openapi.json is not current; renew it with: "
            "kazi-server openapi > docs/openapi.json"
        )

    def test_the_one_served_is_the_one_checked_in(self, document):
        assert document == json.loads(CHECKED_IN.read_text("utf-8"))

    def test_it_is_kept_by_its_etag(self, client):
        first = client.get("/openapi.json")
        second = client.get(
            "/openapi.json", headers={"If-None-Match": first.headers["ETag"]}
        )

        assert first.status_code == 200
        assert first.headers["Cache-Control"] == "public, max-age=300"
        assert second.status_code == 304
        assert second.data == b""


class TestOperations:
    def test_every_route_has_one(self, app: Flask):
        silent = [
            rule.rule
            for rule in app.url_map.iter_rules()
            if operation_of(app.view_functions[rule.endpoint]) is None
        ]

        assert silent == []

    def test_every_one_has_a_text_and_a_known_group(self, document):
        for name, operation in operations(document).items():
            assert operation["summary"], name
            assert operation["description"], name
            assert set(operation["tags"]) <= set(Tag), name

    def test_no_two_have_one_id(self, document):
        ids = [each["operationId"] for each in operations(document).values()]

        assert len(ids) == len(set(ids))

    def test_every_path_parameter_is_described(self, document):
        for name, operation in operations(document).items():
            described = {
                each["name"]
                for each in operation.get("parameters", ())
                if each["in"] == "path"
            }
            assert described == set(re.findall(r"{(\w+)}", name)), name

    def test_every_body_has_an_example_that_its_type_takes(self, app: Flask):
        for rule in app.url_map.iter_rules():
            operation = operation_of(app.view_functions[rule.endpoint])
            if operation is not None and operation.body is not None:
                adapter = TypeAdapter(operation.body)
                assert adapter.validate_json(json.dumps(operation.example)), rule.rule

    def test_every_answer_names_the_request(self, document):
        for name, operation in operations(document).items():
            for status, answer in operation["responses"].items():
                assert "X-Request-Id" in answer["headers"], f"{name} {status}"

    def test_whoever_needs_a_token_is_told_of_401_and_403(self, app: Flask, document):
        for name, operation in operations(document).items():
            needs_token = any(operation["security"])
            assert needs_token == ("401" in operation["responses"]), name
            assert needs_token == ("403" in operation["responses"]), name

    def test_internal_routes_are_for_services_alone(self, app: Flask):
        for rule in app.url_map.iter_rules():
            operation = operation_of(app.view_functions[rule.endpoint])
            assert operation is not None
            is_internal = rule.rule.startswith("/_internal")
            assert is_internal == (operation.access is Access.SERVICE), rule.rule


class TestProblems:
    def test_every_code_has_an_example_that_is_a_problem(self, document):
        examples = document["components"]["examples"]
        schema = {**document, "$ref": "#/components/schemas/Problem"}

        assert set(examples) == {code.value for code in ProblemCode}
        for code in ProblemCode:
            value = examples[code.value]["value"]
            jsonschema.Draft202012Validator(schema).validate(value)
            assert value["status"] == problem_of(code).status

    def test_every_status_names_its_codes(self, document):
        for operation in operations(document).values():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if int(status) < 400:
                    assert "application/problem+json" not in content
                    continue
                described = content["application/problem+json"]
                assert described.get("examples") or described["schema"]

    def test_what_may_be_tried_again_says_when(self, document):
        for operation in operations(document).values():
            for status in {"429", "503"} & set(operation["responses"]):
                assert "Retry-After" in operation["responses"][status]["headers"]

    @pytest.mark.parametrize(
        "path", ["/readyz", "/api/tutorial/config?tutorialId=welcome-tour"]
    )
    def test_without_a_database_the_answer_is_as_described(
        self, settings: Settings, path: str
    ):
        nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
        with open_pool(nowhere, max_size=1, timeout_seconds=0.2) as pool:
            answer = create_app(settings, pool=pool).test_client().get(path)

        assert answer.status_code == 503
        assert answer.mimetype == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


class TestPatterns:
    """What the document asks for is what the server asks for."""

    @pytest.mark.parametrize("type_", [Id, Text], ids=["Id", "Text"])
    @given(text=texts)
    def test_a_rule_and_its_pattern_agree(self, type_, text):
        (rule,) = [each for each in type_.__metadata__ if isinstance(each, Satisfies)]
        # JSON Schema's $ is the very end; Python's also stands before a last newline
        pattern = str(rule.pattern).replace("$", r"\Z")

        assert rule.predicate(text) == bool(re.search(pattern, text))

    @given(st.binary(min_size=32, max_size=32))
    def test_every_secret_fits_its_pattern(self, raw):
        assert re.fullmatch(self._secret_pattern(), encode_secret(raw))

    @given(st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True))
    def test_a_text_that_fits_no_pattern_is_no_secret(self, text):
        body = json.dumps({"secret": text})
        fits = bool(re.fullmatch(self._secret_pattern(), text))

        if fits:
            TypeAdapter(AnonymousRequest).validate_json(body)
        else:
            with pytest.raises(ValidationError):
                TypeAdapter(AnonymousRequest).validate_json(body)

    def _secret_pattern(self) -> str:
        schema = TypeAdapter(AnonymousRequest).json_schema()
        pattern: str = schema["properties"]["secret"]["pattern"]
        return pattern


class TestPage:
    def test_it_asks_no_other_host_and_runs_no_inline_script(self, client):
        page = client.get("/docs")

        assert page.status_code == 200
        assert page.mimetype == "text/html"
        assert "//" not in re.sub(r"<!--.*?-->", "", page.text, flags=re.DOTALL)
        assert re.findall(r"<script(?! src=)", page.text) == []
        assert "script-src 'self';" in page.headers["Content-Security-Policy"]

    def test_every_file_that_it_names_is_there(self, client):
        files = re.findall(r'(?:src|href)="(docs/[^"]+)"', client.get("/docs").text)

        assert len(files) >= 5
        for file in files:
            answer = client.get(f"/{file}")
            assert answer.status_code == 200, file
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert len(answer.data) > 100

    def test_a_file_of_another_folder_is_not_found(self, client):
        for name in ("docs.html", "..%2fpages.py", "swagger-ui-standalone-preset.js"):
            assert client.get(f"/docs/{name}").status_code == 404

    def test_it_is_kept_by_its_etag(self, client):
        first = client.get("/docs/swagger-ui-bundle.js")
        again = {"If-None-Match": first.headers["ETag"]}

        assert client.get("/docs/swagger-ui-bundle.js", headers=again).data == b""

    def test_it_comes_compressed_under_a_tag_of_its_own(self, client):
        plain = client.get("/docs/swagger-ui-bundle.js")
        packed = client.get(
            "/docs/swagger-ui-bundle.js", headers={"Accept-Encoding": "gzip"}
        )

        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["ETag"] != plain.headers["ETag"]
        assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_a_docstring_becomes_markdown():
    text = """Body of ``POST /x``; ``sent_at`` is the
    device's clock (:class:`~a.b.Clock`).

    - one
    - two
    """

    assert prose(text, ["sent_at"]) == (
        "Body of `POST /x`; `sentAt` is the device's clock (`Clock`).\n\n- one\n- two"
    )
