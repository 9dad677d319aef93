"""Containers and exec sessions: processes with their files, logs and network.

The composition of everything below the Protocols of `interface`, for one container. Nothing of the host is
touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.capabilities import file_rights
from lab.embedded.runtime.filesystem import Device, Directory, File, FileError, FileTree
from lab.embedded.runtime.interface import ContainerConfig, ExitStatus, StartFailed
from lab.embedded.runtime.kernel import DEFAULT_PATH, CannotFork, Kernel
from lab.embedded.runtime.logs import Log
from lab.embedded.runtime.mounting import Mounts
from lab.embedded.runtime.procfs import proc
from lab.embedded.runtime.sessions import Attachment, Session
from lab.embedded.runtime.streams import InputStream, NullStream, OutputStream, Stream
from lab.embedded.runtime.terminals import Terminal
from lab.embedded.runtime.users import user_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.embedded.runtime.images import Image
    from lab.embedded.runtime.namespaces import PidNamespace
    from lab.embedded.runtime.network import Host
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.simulated import SimulatedRuntime

TERMINATION_LOG = "/dev/termination-log"
_SHARED_MEMORY = 64 * 1024 * 1024
"""Bytes that `/dev/shm` holds, as containerd mounts it."""


class SimulatedContainer:
    """See `interface.Container`."""

    def __init__(
        self, runtime: SimulatedRuntime, host: Host, config: ContainerConfig, image: Image,
        namespace: PidNamespace | None = None,
    ) -> None:  # fmt: skip
        """`namespace`: whose processes it shares; None: it has its own to itself."""
        self._runtime, self._config, self._image = runtime, config, image
        self.id = f"{runtime.rng.getrandbits(256):064x}"
        self.stop_signal = image.stop_signal
        self.logs = Log(runtime.agenda)
        tree = image.tree()
        number = image.user if config.run_as_user is None else config.run_as_user
        self.user = user_of(
            tree, number, config.run_as_group, config.groups, image_groups=config.image_groups
        )
        self.user.overrides = file_rights(config.capabilities)
        files = Mounts(tree, runtime.agenda.now, read_only=config.read_only_root)
        dev = FileTree(_dev(tree))
        dev.write("/termination-log", b"", 0o666)
        files.mount("/dev", dev)
        shared = FileTree(Directory(mode=0o1777), _SHARED_MEMORY)
        shared.medium = "tmpfs"
        files.mount("/dev/shm", shared)  # noqa: S108 (the container's own)
        self._kernel = Kernel(
            runtime.agenda,
            runtime.rng,
            files,
            runtime.network,
            host,
            runtime.program,
            memory_limit=config.memory_limit,
            namespace=namespace,
            capabilities=config.capabilities,
        )
        runtime.kernels.add(self._kernel)
        shared.grown.append(self._kernel.check_memory)
        if host.etc is not None:
            for name in ("hostname", "hosts", "resolv.conf"):
                files.mount(f"/etc/{name}", host.etc, sub_path=name)
        self._shipped = tree.used
        files.mount("/proc", FileTree(proc(self._kernel)), read_only=True)
        for mount in config.mounts:
            try:
                files.mount(mount.path, mount.tree, read_only=mount.read_only, sub_path=mount.sub_path)
            except FileError as error:
                raise StartFailed(
                    f'failed to mount "{mount.path}": {error}', reason="CreateContainerError"
                ) from None
        for each in {
            id(mount.tree): mount.tree for mount in config.mounts if mount.tree.medium == "tmpfs"
        }.values():
            each.grown.append(self._kernel.check_memory)
        self._on_exit: Callable[[ExitStatus], None] | None = None
        self._sessions: list[Session] = []
        self._stdin: InputStream | Terminal | None = None
        self._attached: list[Callable[[str, bytes], None]] = []

    # -- the main process ----------------------------------------------------------------------------------

    def argv(self) -> list[str]:
        """The command line of PID 1: the manifest's, else the image's."""
        config, image = self._config, self._image
        entry = list(config.command) if config.command else list(image.entrypoint)
        if config.args is not None:
            return entry + list(config.args)
        return entry if config.command else entry + list(image.cmd)

    def start(self, on_exit: Callable[[ExitStatus], None]) -> None:
        """See `Container`."""
        argv = self.argv()
        if not argv:
            raise StartFailed(
                "failed to generate container spec: failed to generate spec: no command specified",
                reason="CreateContainerError",
            )
        lead = ("failed to create containerd task: failed to create shim task: OCI runtime create failed: "
                "runc create failed: unable to start container process: ")  # fmt: skip
        self._on_exit = on_exit
        self._kernel.on_exit = self._ended
        self._start(argv, self._main_streams(), lead)

    def _main_streams(self) -> dict[int, Stream]:
        def sink(stream: str) -> Callable[[bytes], None]:
            def put(data: bytes) -> None:
                self.logs.write(stream, data)
                for attached in list(self._attached):
                    attached(stream, data)

            return put

        if self._config.tty:
            terminal = Terminal(sink("stdout"), lambda: self.signal(signals.INT))
            self._stdin = terminal
            return {0: terminal, 1: terminal, 2: terminal}
        stdin: Stream = NullStream()
        if self._config.stdin:
            stdin = self._stdin = InputStream()
        return {0: stdin, 1: OutputStream(sink("stdout")), 2: OutputStream(sink("stderr"))}

    def _ended(self, status: ExitStatus) -> None:
        self.logs.end()
        for session in self._sessions:
            session.container_ended()
        if self._on_exit is not None:
            self._on_exit(status)

    def _start(self, argv: Sequence[str], fds: dict[int, Stream], lead: str) -> Process:
        config, kernel = self._config, self._kernel
        env = {"PATH": DEFAULT_PATH, "HOSTNAME": kernel.host.hostname, **self._image.env, **config.env}
        user = self.user
        env.setdefault("HOME", "/root" if user == 0 else "/")
        cwd = config.working_dir or self._image.working_dir or "/"
        try:
            node = kernel.files.exists(cwd)
            if node is None:
                kernel.files.root_tree.directory(cwd)
            elif not isinstance(node, Directory):
                raise StartFailed(f"{lead}error during container init: mkdir {cwd}: not a directory: unknown")
            where = kernel.find(argv[0], env["PATH"], cwd, user)
            program = kernel.load(_Lookup(env, cwd, user), [where])
            return kernel.spawn(None, list(argv), program, env=env, fds=fds, uid=user, cwd=cwd)
        except FileError as error:
            raise StartFailed(f"{lead}{_exec_error(argv[0], error)}: unknown") from None
        except CannotFork:
            raise StartFailed(f"{lead}fork/exec: resource temporarily unavailable: unknown") from None

    def signal(self, number: int) -> None:
        """See `Container`."""
        main = self._kernel.main
        if main is not None:
            self._kernel.signal(main, number, outside=True)

    @property
    def running(self) -> bool:
        """Whether its main process lives."""
        return self._kernel.main is not None and self._kernel.main.status is None

    @property
    def namespace(self) -> PidNamespace:
        """The processes that its own see."""
        return self._kernel.namespace

    # -- exec and attach ----------------------------------------------------------------------------------

    def exec(
        self,
        argv: Sequence[str],
        *,
        on_output: Callable[[str, bytes], None],
        on_exit: Callable[[ExitStatus], None],
        stdin: bool = False,
        tty: bool = False,
    ) -> Session:
        """See `Container`."""
        lead = (f'failed to start exec "{self._runtime.rng.getrandbits(256):064x}": '
                "OCI runtime exec failed: exec failed: unable to start container process: ")  # fmt: skip
        if not self.running:
            raise StartFailed("container not running", reason="NotRunning")
        if not argv:
            raise StartFailed("you must specify at least one command for the container", reason="BadRequest")
        session = Session(self._runtime.agenda, on_exit)
        fds = session.streams(on_output, stdin=stdin, tty=tty)
        session.attach(self._start(argv, fds, lead))
        self._sessions = [each for each in self._sessions if not each.over] + [session]
        return session

    def attach(
        self, *, on_output: Callable[[str, bytes], None], on_exit: Callable[[ExitStatus], None],
        stdin: bool = False, tty: bool = False,
    ) -> Attachment:  # fmt: skip
        """Listen to PID 1's output from now on, and feed its input where the container has one."""
        del tty
        return Attachment(self, on_output, on_exit, self._stdin if stdin else None)

    def listen(self, callback: Callable[[str, bytes], None]) -> Callable[[], None]:
        """Be given PID 1's output as it comes; returns the unsubscriber."""
        self._attached.append(callback)
        return lambda: self._attached.remove(callback) if callback in self._attached else None

    def memory_usage(self) -> int:
        """See `Container`."""
        return self._kernel.memory_usage()

    def cpu_used(self, begin: float) -> float:
        """See `Container`."""
        return self._kernel.meter.used(begin)

    def disk_usage(self) -> int:
        """See `Container`."""
        return max(0, self._kernel.files.root_tree.used - self._shipped) + self.logs.size

    def read_file(self, path: str) -> bytes | None:
        """See `Container`."""
        node = self._kernel.files.exists(path)
        return bytes(node.data) if isinstance(node, File) else None


class _Lookup:
    """What `Kernel.load` needs to know of a process that is not there yet."""

    def __init__(self, env: dict[str, str], cwd: str, uid: int) -> None:
        self.env, self.cwd, self.uid = env, cwd, uid


def _dev(tree: FileTree) -> Directory:
    node = tree.root.entries.pop("dev")
    tree.directory("dev")
    if not isinstance(node, Directory):
        raise TypeError(type(node).__name__)
    node.entries["console"] = Device(kind="tty")
    return node


def _exec_error(name: str, error: FileError) -> str:
    if "/" not in name and error.code == "ENOENT":
        return f'exec: "{name}": executable file not found in $PATH'
    texts = {"ENOENT": f"stat {name}: no such file or directory", "ENOTDIR": f"stat {name}: not a directory",
             "EACCES": "permission denied", "EINVAL": "exec format error"}  # fmt: skip
    return f'exec: "{name}": {texts.get(error.code, str(error).lower())}'
