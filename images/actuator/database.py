"""The stand-in database: Flask only for its fault port. Run it with `python database.py`."""

from __future__ import annotations

from app import create_app
from running import Running
from storage import start

if __name__ == "__main__":
    Running(start, create_app).main()
