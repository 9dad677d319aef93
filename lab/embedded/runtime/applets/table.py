"""The table of applets, and how busybox runs one: by the name it was called as.

What an applet does is loaded when it is first called: most containers need a handful of them.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.options import VERSION, Applet, Failed, Step, Usage
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.shell.main import sh

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process

PLACES = {
    "sorting": "sort uniq",
    "compression": "gzip gunzip zcat",
    "interfaces": "ip ifconfig route ping ping6",
    "smaller": "time shuf dos2unix unix2dos",
    "archives": "tar",
    "awk.applet": "awk",
    "basics": (
        "true false echo printf test [ [[ sleep env printenv seq yes id whoami hostname uname pwd "
        "basename dirname nproc which clear"
    ),
    "comparing": "cmp comm diff",
    "dates": "date",
    "digests": "md5sum sha1sum sha256sum sha512sum base64",
    "dumping": "od hexdump xxd cksum",
    "expr": "expr",
    "files": "mkdir rmdir rm mv cp touch ln chmod chown mktemp tee dd",
    "finding": "find",
    "grep": "grep egrep fgrep",
    "layout": "nl paste fold split factor strings",
    "listing": "ls stat readlink realpath",
    "machine": "du mount umount mountpoint top uptime arch groups mkfifo truncate unlink install",
    "netclients": "wget nc nslookup",
    "netservers": "httpd",
    "processes": "ps kill killall pidof timeout nohup",
    "xargs": "xargs",
    "sed.applet": "sed",
    "steering": "pgrep pkill setsid nice renice usleep watch sync",
    "system": "free df netstat tty",
    "text": "cat less more head tail wc tac rev",
    "transform": "tr cut",
}
"""Modules of this package, and the applets in each."""
OTHERS = {"curl": "curl", "gettext": "envsubst"}
"""Commands that are no applets of busybox, but are played the same way in the images that have them."""

_REFUSED = """
    acpid add-shell addgroup adduser adjtimex arp arping ascii base32 bc beep blkdiscard blkid blockdev
    bootchartd brctl bunzip2 bzcat bzip2 cal chat chattr chgrp chpasswd chpst chroot chrt chvt conspy cpio
    crc32 crond crontab cryptpw cttyhack dc deallocvt delgroup deluser depmod devmem dhcprelay dmesg dnsd
    dnsdomainname dpkg dpkg-deb dumpkmap dumpleases ed eject envdir envuidgid ether-wake expand fakeidentd
    fallocate fatattr fbset fbsplash fdflush fdformat fdisk fgconsole findfs flock freeramdisk fsck
    fsck.minix fsfreeze fstrim fsync ftpd ftpget ftpput fuser getopt getty halt hd hdparm hexedit hostid
    hwclock i2cdetect i2cdump i2cget i2cset i2ctransfer ifdown ifenslave ifplugd ifup inetd init insmod
    ionice iostat ipaddr ipcalc ipcrm ipcs iplink ipneigh iproute iprule iptunnel kbd_mode killall5 klogd
    last link linux32 linux64 linuxrc loadfont loadkmap logger login logname logread losetup lpd lpq lpr
    lsattr lsmod lsof lspci lsscsi lsusb lzcat lzma lzop makedevs makemime man mdev mesg microcom mim
    mkdosfs mke2fs mkfs.ext2 mkfs.minix mkfs.vfat mknod mkpasswd mkswap modinfo modprobe mpstat mt nameif
    nanddump nandwrite nbd-client nmeter nologin nsenter ntpd openvt partprobe passwd patch pipe_progress
    pivot_root pmap popmaildir poweroff powertop pscan pstree pwdx raidautorun rdate rdev readahead
    readprofile reboot reformime remove-shell reset resize resume rmmod rpm rpm2cpio rtcwake run-init
    run-parts runlevel runsv runsvdir rx script scriptreplay sendmail setarch setconsole setfattr setfont
    setkeycodes setlogcons setpriv setserial setuidgid sha3sum showkey shred slattach smemcap softlimit
    ssl_client start-stop-daemon stty su sulogin sum sv svc svlogd svok swapoff swapon switch_root sysctl
    syslogd taskset tcpsvd telnet telnetd tftp tftpd traceroute traceroute6 ts ttysize tunctl ubiattach
    ubidetach ubimkvol ubirename ubirmvol ubirsvol ubiupdatevol udhcpc udhcpc6 udhcpd udpsvd uevent
    unexpand unlzma unshare unxz unzip users uudecode uuencode vconfig vi vlock volname w wall watchdog
    who whois xz xzcat zcip
"""
REFUSED = tuple(_REFUSED.split())
"""Applets that are in the image but that the simulation does not play: they say so instead of pretending."""

SHELLS = ("sh", "ash", "bash")
"""Names of the shell. Images with a bash have this ash by that name: what only bash has is refused."""
_HOME = {name: module for module, names in (PLACES | OTHERS).items() for name in names.split()}
_APPLETS = {name for names in PLACES.values() for name in names.split()}
NAMES = (*tuple(sorted({*_APPLETS, *REFUSED, "sh", "ash", "busybox"} - {"[", "[["})), "[", "[[")


@cache
def find(name: str) -> Applet | None:
    """The applet of a name, or None."""
    module = _HOME.get(name)
    if module is None:
        return None
    found: tuple[Applet, ...] = import_module(f"{__package__}.{module}").APPLETS
    return next(each for each in found if each.name == name)


def busybox(process: Process) -> Step:
    """busybox, called as one of its applets, or as `busybox APPLET …`."""
    name = process.argv[0].removeprefix("-").rsplit("/", 1)[-1]
    if name == "busybox":
        if len(process.argv) == 1:
            yield from process.print(VERSION)
            return 0
        process.argv = process.argv[1:]
        name = process.argv[0]
    if name in SHELLS:
        return (yield from sh(process))
    applet = find(name)
    if applet is None:
        if name in REFUSED:
            yield from process.complain(f"{name}: not available in the simulation")
        else:
            yield from process.complain(f"{name}: applet not found")
            return 127
        return 1
    return (yield from run_applet(process, applet))


def run_applet(process: Process, applet: Applet) -> Step:
    """Run one applet; its complaints are worded as busybox words them."""
    try:
        return (yield from applet.run(process, process.argv[1:]))
    except Usage as error:
        if str(error):
            yield from process.complain(f"{applet.name}: {error}")
        yield from process.complain(f"{VERSION}\n\nUsage: {applet.usage}")
        return applet.misuse
    except Failed as error:
        yield from process.complain(f"{applet.name}: {error}")
        return error.status
    except FileError as error:
        yield from process.complain(f"{applet.name}: {error}")
        return 1
