"""The options and arguments that commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from lab.cli.session import Session

Function = TypeVar("Function", bound=Callable[..., Any])

pass_session = click.make_pass_decorator(Session)


def provider_option(function: Function) -> Function:
    """`--provider`: where the exercise runs."""
    return click.option(
        "--provider",
        metavar="NAME",
        help="embedded, kind, context:NAME (a context of your kubeconfig), or auto: the lab's kind cluster "
        "where it runs, else embedded. Without it PODLAB_PROVIDER counts, then the settings, then auto.",
    )(function)


def format_option(*formats: str) -> Callable[[Function], Function]:
    """`--format`: how the result is written to stdout; the first is the default."""
    return click.option(
        "--format", "form", type=click.Choice(formats), default=formats[0], help="How the result is written."
    )


def yes_option(function: Function) -> Function:
    """`--yes`: do not ask."""
    return click.option("--yes", "-y", is_flag=True, help="Do not ask.")(function)


def name_argument(function: Function) -> Function:
    """`[NAME]`: the exercise; the one started last when left out."""
    return click.argument("name", required=False)(function)
