"""A Textual application of one line: what the lab's first paint is held against."""

from textual.app import App, ComposeResult
from textual.widgets import Static

TEXT = "nothing-here"


class EmptyApp(App[None]):
    """One line of text."""

    def compose(self) -> ComposeResult:
        """Show the line."""
        yield Static(TEXT)


if __name__ == "__main__":
    EmptyApp().run()
