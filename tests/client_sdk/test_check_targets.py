"""``kazi-sdk check-targets``: a build fails when the app lacks what a tutorial names."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from client_sdk._bundle import bundle_text
from client_sdk.cli import main
from client_sdk.cli.source_scan import scan
from client_sdk.cli.tour_names import NameKind, Names

STEPS: list[dict[str, Any]] = [
    {"id": "hello", "title": "Hello"},
    {
        "id": "invite",
        "title": "Invite",
        "target": "invite",
        "extraTargets": ["members"],
        "showOn": "has_team",
        "before": {"name": "open_team"},
        "after": {"name": "close_team"},
        "advanceOn": {"kind": "event", "name": "invited"},
        "branches": [{"condition": "is_expert", "to": "hello"}],
    },
    {
        "id": "wait",
        "title": "Wait",
        "kind": "wait",
        "advanceOn": {"kind": "condition", "name": "is_saved"},
    },
]
SOURCE = """
    from kivy.lang import Builder

    Builder.load_string('''
    BoxLayout:
        Button:
            tour_id: "invite"  # the button above the list
            on_release: app.overlay.emit("invited")
    ''')
    overlay = TutorialOverlay(client, conditions={"has_team": lambda: True})
    overlay.conditions["is_expert"] = lambda: False
    overlay.conditions.update(is_saved=lambda: True)
    overlay.hooks["open_team"] = print
    hooks = {"close_team": print}
    overlay.register(view, "members")
"""


def config(steps: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "tutorialId": "tour",
        "version": 1,
        "persona": "newbie",
        "variant": "control",
        "expires": "2026-01-31T08:30:00.000Z",
        "steps": steps,
        **more,
    }


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[..., str]:
    def write(*configs: dict[str, Any]) -> str:
        path = tmp_path / "tutorials.json"
        answers = [('"tag"', json.dumps(one)) for one in configs or (config(STEPS),)]
        path.write_text(bundle_text(answers, made_at=datetime.now(UTC)), "utf-8")
        return str(path)

    return write


@pytest.fixture
def app(tmp_path: Path) -> Callable[..., str]:
    """Write the app's sources and return their folder."""

    def write(python: str = SOURCE, kv: str = "") -> str:
        folder = tmp_path / "app"
        folder.mkdir()
        (folder / "app.py").write_text(textwrap.dedent(python), "utf-8")
        (folder / "app.kv").write_text(textwrap.dedent(kv), "utf-8")
        return str(folder)

    return write


def check(*arguments: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, ["check-targets", *arguments])
    return result.exit_code, result.output.splitlines()


def test_an_app_that_has_all_of_it_passes(
    bundle: Callable[..., str], app: Callable[..., str]
):
    code, lines = check("--bundle", bundle(), "--source", app())

    assert (code, lines) == (0, ["1 tutorial(s): the app has all 8 name(s)"])


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            'tour_id: "invite"',
            'tour_id: "invites"',
            "the app has no target 'invite'; did you mean 'invites'?",
        ),
        (
            '"members"',
            '"zzz"',
            "the app has no target 'members'; it has invite, zzz",
        ),
        (
            'emit("invited")',
            'emit("sent")',
            "the app has no event 'invited'; it has sent",
        ),
        (
            'conditions={"has_team"',
            'conditions={"has_tem"',
            "the app has no condition 'has_team'; did you mean 'has_tem'?",
        ),
        (
            'hooks["open_team"]',
            'hooks["open_tea"]',
            "the app has no hook 'open_team'; did you mean 'open_tea'?",
        ),
    ],
)
def test_a_name_that_is_gone_fails_the_build_with_its_step(
    bundle: Callable[..., str], app: Callable[..., str], old: str, new: str, line: str
):
    assert old in SOURCE

    code, lines = check("--bundle", bundle(), "--source", app(SOURCE.replace(old, new)))

    assert code == 1
    assert lines == [f"tour: invite: {line}", "1 name(s) are missing in the app"]


@pytest.mark.parametrize(
    "way",
    [
        'overlay.hooks |= {"close_team": print}',
        'overlay.hooks.update({"close_team": print})',
        'overlay.hooks.setdefault("close_team", print)',
        "TutorialOverlay(client, hooks=dict(close_team=print))",
    ],
)
def test_every_way_to_fill_a_table_is_read(
    bundle: Callable[..., str], app: Callable[..., str], way: str
):
    source = SOURCE.replace('hooks = {"close_team": print}', way)

    code, _ = check("--bundle", bundle(), "--source", app(source))

    assert code == 0


def test_a_name_of_one_kind_is_none_of_another(
    bundle: Callable[..., str], app: Callable[..., str]
):
    source = SOURCE.replace('hooks = {"close_team": print}', "")

    code, lines = check("--bundle", bundle(), "--source", app(source))

    assert code == 1
    assert "the app has no hook 'close_team'" in lines[0]


class TestArms:
    EXPERIMENT = {  # noqa: RUF012
        "id": "e",
        "algorithm": "spec-v1",
        "epoch": 1,
        "coverage": 10_000,
        "variants": [
            {"id": "control", "weight": 50},
            {
                "id": "other",
                "weight": 50,
                "overrides": [
                    {"replace": "invite", "with": {"target": "gone"}},
                    {
                        "insert": {"id": "tip", "title": "T", "target": "tip"},
                        "after": "hello",
                    },
                ],
            },
        ],
    }

    def test_every_arm_of_a_running_experiment_counts(
        self, bundle: Callable[..., str], app: Callable[..., str]
    ):
        file = bundle(config(STEPS, experiment=self.EXPERIMENT))

        code, lines = check("--bundle", file, "--source", app())

        assert code == 1
        found = [line.partition(";")[0] for line in lines[:-1]]
        assert found == [
            "tour: tip: the app has no target 'tip'",
            "tour: invite: the app has no target 'gone'",
        ]

    def test_an_arm_that_this_version_cannot_read_is_told(
        self, bundle: Callable[..., str], app: Callable[..., str]
    ):
        newer = {"id": "new", "weight": 1, "overrides": [{"swap": "hello"}]}
        file = bundle(
            config(STEPS, experiment={**self.EXPERIMENT, "variants": [newer]})
        )

        code, lines = check("--bundle", file, "--source", app())

        assert code == 1
        assert "tour: an arm of its experiment cannot be read" in lines[0]


class TestSources:
    @pytest.mark.parametrize(
        ("python", "found"),
        [
            ('Card(tour_id="card" if first else "")', {"card"}),
            ('card.tour_id = "card"', {"card"}),
            ("class Card:\n    tour_id = StringProperty()", set()),
            ('class Card:\n    tour_id = "card"', {"card"}),
            ('self.overlay.register(self.ids.new, "card")', {"card"}),
            ('Factory.register("Card", cls=Card)', set()),
            ('rows.data = [{"text": "A", "tour_id": "card"}]', {"card"}),
            ('def f():\n    """Do it.\n\n    tour_id: "card"\n    """', set()),
            ('# tour_id: "card"', set()),
        ],
    )
    def test_python_names_targets(
        self, app: Callable[..., str], python: str, found: set[str]
    ):
        names = Names()

        scan(Path(app(python)), names, warn=pytest.fail)

        assert names.of(NameKind.TARGET) == found
        assert names.computed == []

    @pytest.mark.parametrize(
        ("kv", "found"),
        [
            ('    tour_id: "card"', {"card"}),
            ("\ttour_id:'card'", {"card"}),
            ('    tour_id: "one" if root.is_first else "other"', {"one", "other"}),
            ('    # tour_id: "card"', set()),
            ('    on_parent: app.overlay.register(self, "card")', {"card"}),
            ("""    data: [{"text": "A", 'tour_id': 'card'}]""", {"card"}),
            ('    # data: [{"tour_id": "card"}]', set()),
            ('    tour_id:\n        "card"', {"card"}),
        ],
    )
    def test_kv_names_targets(self, app: Callable[..., str], kv: str, found: set[str]):
        names = Names()

        scan(Path(app("", kv)), names, warn=pytest.fail)

        assert names.of(NameKind.TARGET) == found

    @pytest.mark.parametrize(
        ("python", "kv"),
        [
            ('Card(tour_id=f"row-{number}")', ""),
            ("overlay.register(card, name)", ""),
            ('rows.data = [{"tour_id": row.name} for row in rows]', ""),
            ("", '    tour_id: "row-" + str(root.index)'),
        ],
    )
    def test_a_name_that_is_made_at_run_time_is_told_with_its_place(
        self, bundle: Callable[..., str], app: Callable[..., str], python: str, kv: str
    ):
        file = bundle(config([{"id": "a", "title": "A", "target": "row-1"}]))
        folder = app(python, kv)

        code, lines = check("--bundle", file, "--source", folder)

        place = f"{folder}/app.{'py' if python else 'kv'}:1"
        assert code == 1
        assert lines[0] == "tour: a: the app has no target 'row-1'; it has none"
        assert f"({place}): name those with --known" in lines[1]
        assert check("--bundle", file, "--source", folder, "--known", "row-1")[0] == 0

    def test_a_file_that_is_no_python_is_left_out_and_told(
        self, bundle: Callable[..., str], app: Callable[..., str]
    ):
        folder = app()
        (Path(folder) / "old.py").write_text("print 'hello'", "utf-8")

        code, lines = check("--bundle", bundle(), "--source", folder)

        assert code == 0
        assert lines[0].startswith(f"{folder}/old.py is left out: ")

    def test_what_others_wrote_is_not_the_apps(self, app: Callable[..., str]):
        folder = Path(app("", ""))
        for foreign in (".venv/lib", "lib/site-packages"):
            (folder / foreign).mkdir(parents=True)
            (folder / foreign / "x.kv").write_text('    tour_id: "theirs"', "utf-8")
        names = Names()

        scan(folder, names, warn=pytest.fail)

        assert len(names) == 0


class TestApp:
    @pytest.fixture
    def module(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        """A module in the folder where the build runs."""
        (tmp_path / "tours_of_a_test.py").write_text(
            textwrap.dedent(
                """
                def names():
                    return {
                        "targets": ["invite", "members"],
                        "conditions": {"has_team": 1, "is_expert": 1, "is_saved": 1},
                        "events": {"invited"},
                        "hooks": ("open_team", "close_team"),
                    }

                def targets():
                    return ["invite", "members"]

                def broken():
                    raise RuntimeError("no display")

                WRONG_KIND = {"widgets": []}
                NO_NAMES = {"targets": "invite"}
                """
            ),
            "utf-8",
        )
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", list(sys.path))
        return "tours_of_a_test"

    def test_a_function_of_the_app_tells_what_it_has(
        self, bundle: Callable[..., str], module: str
    ):
        code, lines = check("--bundle", bundle(), "--app", f"{module}:names")

        assert (code, lines) == (0, ["1 tutorial(s): the app has all 8 name(s)"])

    def test_a_list_is_of_targets(self, bundle: Callable[..., str], module: str):
        file = bundle(config([{"id": "a", "title": "A", "target": "invite"}]))

        assert check("--bundle", file, "--app", f"{module}:targets")[0] == 0

    def test_function_and_sources_add_up(
        self, bundle: Callable[..., str], app: Callable[..., str], module: str
    ):
        source = SOURCE.replace('overlay.register(view, "members")', "")

        code, _ = check(
            "--bundle", bundle(), "--source", app(source), "--app", f"{module}:targets"
        )

        assert code == 0

    @pytest.mark.parametrize(
        ("place", "fault"),
        [
            ("names", "is not of the form module:function"),
            ("no_such_module_here:names", "ModuleNotFoundError"),
            ("tours_of_a_test:nothing", "AttributeError"),
            ("tours_of_a_test:broken", "RuntimeError: no display"),
            ("tours_of_a_test:WRONG_KIND", "'widgets' is not one of targets,"),
            ("tours_of_a_test:NO_NAMES", "targets are no names but 'invite'"),
        ],
    )
    def test_a_function_that_tells_nothing_is_told(
        self, bundle: Callable[..., str], module: str, place: str, fault: str
    ):
        code, lines = check("--bundle", bundle(), "--app", place)

        assert code == 2
        assert fault in " ".join("".join(lines).replace("│", " ").split())


class TestUsage:
    def test_it_says_what_it_needs(self, bundle: Callable[..., str]):
        assert "either --bundle FILE or --server URL" in "".join(check()[1])
        assert "--source FOLDER or --app" in "".join(check("--bundle", bundle())[1])

    def test_a_tutorial_that_the_bundle_lacks_is_told(
        self, bundle: Callable[..., str], app: Callable[..., str]
    ):
        code, lines = check(
            "--bundle", bundle(), "--source", app(), "--tutorial", "other"
        )

        assert code == 1
        assert "has no tutorial 'other'; it has tour" in lines[0]

    def test_a_file_that_is_no_bundle_is_told(
        self, tmp_path: Path, app: Callable[..., str]
    ):
        file = tmp_path / "other.json"
        file.write_text("{}", "utf-8")

        code, lines = check("--bundle", str(file), "--source", app())

        assert code == 1
        assert "cannot be read; kazi-sdk bundle writes one" in lines[-1]

    def test_help_has_an_example_for_a_build(self):
        code, lines = check("--help")

        assert code == 0
        assert "kazi-sdk check-targets --bundle app/tutorials.json --source app" in (
            " ".join(" ".join(lines).split())
        )
