"""``kazi-sdk``: look into the SDK's file on a device or on a copy of it, and bundle."""

from __future__ import annotations

import click

from client_sdk.cli.bundle import bundle
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
    """Look into the file that the tutorial SDK keeps on a device; write an app's bundle."""


for _command in (bundle, explain, inspect, set_aside):
    main.add_command(_command)
