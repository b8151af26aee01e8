"""Tokens of the app's identity provider: OpenID Connect's, and Supabase's as they come."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import jwt
import pytest

from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.key_set import KeySet
from sync_server.auth.principals import Principal, Role, UserPrincipal
from sync_server.auth.trusts import Trust, trusts_of
from sync_server.auth.verifier import TokenVerifier
from sync_server.errors import ApiError
from sync_server.settings import Settings, SettingsError
from tests.support.key_server import SigningKey, running_key_server

OWN_SECRET = "our own secret of more than thirty-two bytes"
SECRET = "super-secret-jwt-token-with-at-least-32-characters-long"
ISSUER = "https://id.example.org/"
USER = "0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69"
KEYS = {name: SigningKey(name, f"key-{name}") for name in ("RS256", "ES256", "EdDSA")}
PROJECT = "abcdefghijklmnopqrst"
SUPABASE = f"https://{PROJECT}.supabase.co"


@pytest.fixture
def server():
    with running_key_server() as server:
        server.publish(*KEYS.values())
        yield server


def verifier_of(**environ):
    settings = Settings.from_environ({"KAZI_JWT_SECRET": OWN_SECRET, **environ})
    return TokenVerifier(
        trusts_of(settings), clock=lambda: datetime.now(UTC), leeway_seconds=30
    )


@pytest.fixture
def verifier(server):
    return verifier_of(
        KAZI_IDENTITY_ISSUER=ISSUER,
        KAZI_IDENTITY_AUDIENCE="app, web",
        KAZI_IDENTITY_JWKS_URL=server.url,
    )


def claims(**changes):
    """Claims of an access token by OpenID Connect."""
    now = int(time.time())
    whole = {
        "iss": ISSUER,
        "aud": ["app", "https://id.example.org/userinfo"],
        "sub": USER,
        "iat": now,
        "exp": now + 3600,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def refusal(verifier, token):
    with pytest.raises(ApiError) as caught:
        verifier.verify(token)
    assert token not in caught.value.detail
    return caught.value


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_token_of_the_provider_is_its_user(verifier, algorithm):
    user = verifier.verify(KEYS[algorithm].sign(claims()))

    assert isinstance(user, UserPrincipal)
    assert (str(user.user_id), user.is_anonymous) == (USER, False)


@pytest.mark.parametrize("audience", ["app", "web", ["other", "web"]])
def test_one_of_the_audiences_is_enough(verifier, audience):
    assert verifier.verify(KEYS["ES256"].sign(claims(aud=audience)))


@pytest.mark.parametrize("audience", ["other", "app,", "app, web", [], None])
def test_none_of_the_audiences_is_not(verifier, audience):
    error = refusal(verifier, KEYS["ES256"].sign(claims(aud=audience)))

    assert error.code == ProblemCode.TOKEN_INVALID
    assert "aud" in error.detail


def test_the_only_key_of_its_algorithm_needs_no_name(verifier):
    assert verifier.verify(KEYS["ES256"].sign(claims(), kid=None))


@pytest.mark.parametrize("role", ["service", "admin"])
def test_the_provider_may_sign_for_services_and_admins(verifier, role):
    token = KEYS["RS256"].sign(claims(role=role, sub="billing"))

    assert verifier.verify(token) == Principal(role=Role(role), subject="billing")


def test_our_own_tokens_work_beside_it(verifier):
    own = claims(iss="kazi-tutorial", aud="kazi-tutorial")

    assert verifier.verify(jwt.encode(own, OWN_SECRET, "HS256"))


@pytest.mark.parametrize("issuer", [ISSUER, "kazi-tutorial"])
def test_neither_may_sign_for_the_other(verifier, issuer):
    """Our secret signs no provider's token, and the provider's keys none of ours."""
    both = claims(iss=issuer, aud=["app", "kazi-tutorial"])
    wrong = {
        ISSUER: jwt.encode(both, OWN_SECRET, "HS256"),
        "kazi-tutorial": KEYS["RS256"].sign(both),
    }

    error = refusal(verifier, wrong[issuer])

    assert "not signed with" in error.detail


def test_a_withdrawn_key_takes_remembered_tokens_along(server):
    seconds = [0.0]
    keys = dict.fromkeys(KEYS, KeySet(server.url, monotonic=lambda: seconds[0]))
    verifier = TokenVerifier(
        [Trust(issuer=ISSUER, audiences=("app",), keys=keys)],
        clock=lambda: datetime.now(UTC),
        leeway_seconds=30,
    )
    token = KEYS["ES256"].sign(claims())
    verifier.verify(token)
    assert verifier.remembered(token)

    server.publish(KEYS["RS256"])
    seconds[0] += 600

    assert refusal(verifier, token).code == ProblemCode.TOKEN_INVALID
    assert verifier.remembered(token) is None


def test_while_the_provider_is_away_its_tokens_are_not_called_bad(server):
    server.go_away()
    verifier = verifier_of(
        KAZI_IDENTITY_ISSUER=ISSUER,
        KAZI_IDENTITY_AUDIENCE="app",
        KAZI_IDENTITY_JWKS_URL=server.url,
    )

    error = refusal(verifier, KEYS["ES256"].sign(claims()))

    assert (error.code, error.status) == (ProblemCode.IDENTITY_UNAVAILABLE, 503)
    own = claims(iss="kazi-tutorial", aud="kazi-tutorial")
    assert verifier.verify(jwt.encode(own, OWN_SECRET, "HS256"))


def test_a_provider_may_share_a_secret():
    verifier = verifier_of(
        KAZI_IDENTITY_ISSUER=ISSUER,
        KAZI_IDENTITY_AUDIENCE="app",
        KAZI_IDENTITY_SECRET=SECRET,
    )

    assert verifier.verify(jwt.encode(claims(), SECRET, "HS256"))
    error = refusal(verifier, KEYS["RS256"].sign(claims()))
    assert error.detail == "The token is not signed with HS256."


class TestSupabase:
    """Claims as the project's authentication server makes them."""

    @pytest.fixture
    def verifier(self):
        return verifier_of(KAZI_SUPABASE_URL=SUPABASE, KAZI_IDENTITY_SECRET=SECRET)

    def user_claims(self, issuer=f"{SUPABASE}/auth/v1", **changes):
        now = int(time.time())
        return {
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": now}],
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "aud": "authenticated",
            "email": "ada@example.org",
            "exp": now + 3600,
            "iat": now,
            "is_anonymous": False,
            "iss": issuer,
            "phone": "",
            "role": "authenticated",
            "session_id": "5f5d1d9c-0f3f-4c8e-8b0e-3a3f2f6f8a11",
            "sub": USER,
            "user_metadata": {"role": "service", "is_anonymous": True},
            **changes,
        }

    def key_claims(self, **changes):
        return {
            "iss": "supabase",
            "ref": PROJECT,
            "role": "service_role",
            "iat": 1700000000,
            "exp": 2015360000,
            **changes,
        }

    def sign(self, claims):
        return jwt.encode(claims, SECRET, "HS256")

    @pytest.mark.parametrize("is_anonymous", [False, True])
    def test_a_users_token_signed_with_the_legacy_secret(self, verifier, is_anonymous):
        token = self.sign(self.user_claims(is_anonymous=is_anonymous))

        user = verifier.verify(token)

        assert isinstance(user, UserPrincipal)
        assert (str(user.user_id), user.is_anonymous) == (USER, is_anonymous)

    @pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
    def test_a_users_token_signed_with_a_key(self, server, algorithm):
        """The project stands on this machine, as with Supabase's command line."""
        base = server.url.removesuffix("/jwks.json")
        verifier = verifier_of(KAZI_SUPABASE_URL=base + "/")

        user = verifier.verify(
            KEYS[algorithm].sign(self.user_claims(issuer=f"{base}/auth/v1"))
        )

        assert user.subject == USER
        assert server.asked == ["/auth/v1/.well-known/jwks.json"]

    def test_a_project_may_change_from_the_secret_to_a_key(self, server):
        base = server.url.removesuffix("/jwks.json")
        verifier = verifier_of(KAZI_SUPABASE_URL=base, KAZI_IDENTITY_SECRET=SECRET)
        of_user = self.user_claims(issuer=f"{base}/auth/v1")

        assert verifier.verify(self.sign(of_user))
        assert server.asked == []
        assert verifier.verify(KEYS["ES256"].sign(of_user))

    def test_the_service_key_is_a_service(self, verifier):
        principal = verifier.verify(self.sign(self.key_claims()))

        assert principal == Principal(role=Role.SERVICE, subject="service_role")

    def test_the_service_key_of_another_project_is_none(self, verifier):
        error = refusal(
            verifier, self.sign(self.key_claims(ref="zyxwvutsrqponmlkjihg"))
        )

        assert error.status == 401
        assert "another project" in error.detail

    @pytest.mark.parametrize("extra", [{}, {"sub": USER}])
    def test_the_public_key_is_nobody(self, verifier, extra):
        error = refusal(verifier, self.sign(self.key_claims(role="anon", **extra)))

        assert (error.code, error.status) == (ProblemCode.TOKEN_INVALID, 401)
        assert "user's access token, or no token" in error.detail

    @pytest.mark.parametrize("role", [None, "authenticated", "service", "admin", 7])
    def test_no_other_role_comes_with_a_key(self, verifier, role):
        assert refusal(verifier, self.sign(self.key_claims(role=role, sub=USER)))

    def test_a_user_with_the_service_role_is_a_user(self, verifier):
        """Only the project's key is a service: it names the project."""
        user = verifier.verify(self.sign(self.user_claims(role="service_role")))

        assert isinstance(user, UserPrincipal)

    def test_a_service_key_expires(self, verifier):
        error = refusal(verifier, self.sign(self.key_claims(exp=1700000060)))

        assert error.code == ProblemCode.TOKEN_EXPIRED

    def test_without_the_secret_no_key_is_a_service(self, server):
        verifier = verifier_of(KAZI_SUPABASE_URL=server.url.removesuffix("/jwks.json"))

        error = refusal(verifier, self.sign(self.key_claims()))

        assert "issuer" in error.detail


def faults(**environ):
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(environ)
    return {fault.partition(":")[0] for fault in caught.value.faults}


OF_PROVIDER = {
    "KAZI_IDENTITY_ISSUER": ISSUER,
    "KAZI_IDENTITY_AUDIENCE": "app",
    "KAZI_IDENTITY_JWKS_URL": "https://id.example.org/keys",
}


@pytest.mark.parametrize("missing", OF_PROVIDER)
def test_a_half_named_provider_is_a_fault(missing):
    assert faults(**{**OF_PROVIDER, missing: ""}) == {missing}


def test_without_an_identity_provider_there_is_none():
    assert Settings.from_environ({}).identity is None


@pytest.mark.parametrize("name", [*OF_PROVIDER, "KAZI_IDENTITY_SECRET"])
def test_one_of_its_variables_alone_is_a_fault(name):
    value = {**OF_PROVIDER, "KAZI_IDENTITY_SECRET": SECRET}[name]

    assert faults(**{name: value}) >= {"KAZI_IDENTITY_ISSUER"} - {name}


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.org/keys",
        "http://localhost.example.org/keys",
        "http://127.0.0.2.example.org/",
        "ftp://id.example.org/keys",
        "file:///etc/passwd",
        "id.example.org/keys",
        "https://",
        "https:///keys",
        "https://user:hunter2@id.example.org/keys",
        "https://id.example.org/keys#part",
        "https://id.example.org/ke ys",
        "https://id.example.org:0/keys",
        "https://id.example.org:99999/keys",
        "https://[::1/keys",
        "https://пример.example.org/keys",
    ],
)
def test_keys_are_only_fetched_where_nobody_can_swap_them(url):
    found = faults(**{**OF_PROVIDER, "KAZI_IDENTITY_JWKS_URL": url})

    assert found == {"KAZI_IDENTITY_JWKS_URL"}


@pytest.mark.parametrize(
    "url",
    ["https://id.example.org/keys?v=1", "http://localhost:8000/k", "http://[::1]:80/k"],
)
def test_https_and_this_machine_are_safe(url):
    settings = Settings.from_environ({**OF_PROVIDER, "KAZI_IDENTITY_JWKS_URL": url})

    assert settings.identity is not None
    assert settings.identity.jwks_url == url


@pytest.mark.parametrize("secret", ["hunter2", "-----BEGIN PUBLIC KEY-----" + "A" * 40])
def test_a_secret_that_is_none_is_refused_and_not_repeated(secret):
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({**OF_PROVIDER, "KAZI_IDENTITY_SECRET": secret})

    (fault,) = caught.value.faults
    assert fault.startswith("KAZI_IDENTITY_SECRET: ")
    assert secret not in fault


def test_settings_do_not_show_the_providers_secret():
    environ = {**OF_PROVIDER, "KAZI_IDENTITY_SECRET": SECRET}

    assert SECRET not in repr(Settings.from_environ(environ))


def test_the_provider_may_not_have_our_own_name():
    assert faults(**OF_PROVIDER, KAZI_JWT_ISSUER=ISSUER) == {"KAZI_IDENTITY_ISSUER"}
    for name in ("supabase", f"{SUPABASE}/auth/v1"):
        found = faults(KAZI_SUPABASE_URL=SUPABASE, KAZI_JWT_ISSUER=name)
        assert found == {"KAZI_SUPABASE_URL"}


def test_supabase_is_named_once():
    assert faults(**OF_PROVIDER, KAZI_SUPABASE_URL=SUPABASE) == set(OF_PROVIDER)


@pytest.mark.parametrize("url", [f"{SUPABASE}/rest/v1", f"{SUPABASE}?a=b", "supabase"])
def test_supabases_url_is_the_projects(url):
    assert faults(KAZI_SUPABASE_URL=url) == {"KAZI_SUPABASE_URL"}
