"""debian, and what images built on it have in common: bash and the GNU tools, played by busybox' applets.

A slim Debian has no `ps`, `wget`, `nc`, `ping`, `vi`: calling one fails there as it does for real.
"""

from __future__ import annotations

from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags

TOOLS = (
    "[", "awk", "base32", "base64", "basename", "bash", "cat", "chgrp", "chmod", "chown", "chroot", "cksum",
    "clear", "cmp", "comm", "cp", "cut", "date", "dd", "df", "diff", "dirname", "du", "echo", "egrep",
    "env", "expand", "expr", "factor", "false", "fgrep", "find", "fold", "getopt", "grep", "groups",
    "gunzip", "gzip", "head", "hostid", "hostname", "id", "install", "kill", "link", "ln", "login",
    "logname", "ls", "md5sum", "mkdir", "mkfifo", "mknod", "mktemp", "more", "mount", "mountpoint", "mv",
    "nice", "nl", "nohup", "nproc", "od", "paste", "printenv", "printf", "pwd", "readlink", "realpath",
    "renice", "rm", "rmdir", "sed", "seq", "setpriv", "setsid", "sh", "sha1sum", "sha256sum", "sha512sum",
    "shred", "shuf", "sleep", "sort", "split", "stat", "stty", "sum", "sync", "tac", "tail", "tar", "tee",
    "test", "timeout", "touch", "tr", "true", "truncate", "tsort", "tty", "umount", "uname", "unexpand",
    "uniq", "unlink", "wc", "which", "who", "whoami", "xargs", "yes", "zcat",
)  # fmt: skip

FILES = {
    "/etc/debian_version": b"12.9\n",
    "/etc/os-release": b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n'
    b'VERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n',
}
PACKAGES = {f"/usr/bin/{name}": "unavailable" for name in ("apt", "apt-get", "dpkg")}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_RELEASES = {"12": ("bookworm", "12.11"), "13": ("trixie", "13.0"), "11": ("bullseye", "11.11")}


def _image(tag: Tag) -> Image:
    number = tag.version.partition(".")[0]
    name, version = _RELEASES[number]
    text = (
        f'PRETTY_NAME="Debian GNU/Linux {number} ({name})"\nNAME="Debian GNU/Linux"\nVERSION_ID="{number}"\n'
        f'VERSION="{number} ({name})"\nVERSION_CODENAME={name}\nID=debian\nHOME_URL="https://www.debian.org/"\n'
    )
    files = {"/etc/os-release": text.encode(), "/etc/debian_version": f"{version}\n".encode()}
    return Image(
        48_500_000, cmd=("bash",), env={"PATH": PATH}, files=files, tools=TOOLS, executables=PACKAGES
    )


MODEL = ImageModel(
    tags=Tags(
        {"12": 11, "13": 0, "11": 11},
        ("", "slim"),
        {"stable": "12.11", "bookworm": "12.11", "trixie": "13.0", "bullseye": "11.11"},
    ),
    image=_image,
)
