"""A click program of one command: what `podlab --help` is held against."""

import click


@click.command()
@click.option("--name", help="Whom to greet.")
def main(name: str) -> None:
    """Greet."""
    click.echo(name)


if __name__ == "__main__":
    main()
