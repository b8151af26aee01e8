"""``kazi-sdk``: look into the SDK's file on a device, and make ready an app's build."""

from __future__ import annotations

import click

from client_sdk.cli.bundle import bundle
from client_sdk.cli.check_targets import check_targets
from client_sdk.cli.explain import explain
from client_sdk.cli.inspect import inspect
from client_sdk.cli.set_aside import set_aside

__all__ = ["main"]


@click.group(
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "KAZI_SDK",
    }
)
@click.version_option(package_name="kazi-tutorial")
def main() -> None:
    """Look into the file that the tutorial SDK keeps on a device; make ready an app's build."""


for _command in (bundle, check_targets, explain, inspect, set_aside):
    main.add_command(_command)
