#!/usr/bin/env python3
"""`ask PATH` (or a URL) prints the body of the answer, whatever its status; exits with 1 when nobody answers.

For exec probes and a look from inside: a slim Python image has neither curl nor wget.
"""

import os
import sys
import urllib.error
import urllib.request


def ask(target: str) -> int:
    """Print what `target` answers; 0, or 1 when there is no answer within five seconds."""
    url = target if "://" in target else f"http://127.0.0.1:{os.environ.get('PORT', '8080')}{target}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 (the user's own command)
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError as error:
        print(f"ask: {url}: {getattr(error, 'reason', error)}", file=sys.stderr)
        return 1
    sys.stdout.write(body.decode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print("usage: ask PATH", file=sys.stderr)
        sys.exit(2)
    sys.exit(ask(sys.argv[1]))
