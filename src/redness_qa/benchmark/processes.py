"""Our own command line in processes of its own: cold starts, and a server to ask."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redness_qa.benchmark.watched as watched
from redness_qa.errors import BenchmarkError

COMMAND = (sys.executable, "-m", "redness_qa")

_READY_SECONDS = 180.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ColdStart:
    """From the start of a process to the end of its one answer.

    Attributes:
        seconds: Of each run, in order; the first may have found its files not yet in memory.
        resident_mib: Most memory that a run held at once, over all.
    """

    seconds: tuple[float, ...]
    resident_mib: float


def measure_cold_start(arguments: Sequence[str], *, runs: int, command: Sequence[str] = COMMAND) -> ColdStart:
    """Run a command several times, one after the other.

    Raises:
        BenchmarkError: It failed; the message has what it told.
    """
    seconds: list[float] = []
    resident: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        for _ in range(runs):
            done = subprocess.run(  # noqa: S603 - our own command
                [sys.executable, "-I", watched.__file__, str(result), *command, *arguments],
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                check=False,
            )
            if done.returncode != 0:
                raise BenchmarkError(f"{' '.join([*command, *arguments])} failed: {done.stderr.strip()}")
            run = json.loads(result.read_text(encoding="utf-8"))
            seconds.append(run["seconds"])
            resident.append(run["resident_mib"])
    return ColdStart(tuple(seconds), max(resident))


@dataclass(frozen=True, slots=True)
class Server:
    """A server that was started to be measured.

    Attributes:
        address: Where it listens, such as http://127.0.0.1:7860.
        pid: Its process.
        ready_seconds: From its start until it answered.
    """

    address: str
    pid: int
    ready_seconds: float

    @classmethod
    @contextmanager
    def started(
        cls, arguments: Sequence[str], *, log: Path, settings: Sequence[str] = (), command: Sequence[str] = COMMAND
    ) -> Iterator[Server]:
        """Start a server on a free port, and stop it in the end.

        Args:
            arguments: Of the command, without the port.
            log: File for what it prints.
            settings: Variables for it, as NAME=VALUE.
            command: The command.

        Raises:
            BenchmarkError: It ended, or did not answer for minutes.
        """
        port = _free_port()
        started = time.perf_counter()
        with (
            log.open("wb") as file,
            subprocess.Popen(  # noqa: S603 - our own command
                # `env` adds to the variables of this process, and becomes the command.
                ["/usr/bin/env", *settings, *command, *arguments, "--port", str(port)],
                stdout=file,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                while not _answers(port):
                    if process.poll() is not None or time.perf_counter() - started > _READY_SECONDS:
                        told = log.read_text(encoding="utf-8", errors="replace").strip()
                        raise BenchmarkError(f"the server does not answer at port {port}: {told}")
                    time.sleep(0.02)
                yield cls(f"http://127.0.0.1:{port}", process.pid, time.perf_counter() - started)
            finally:
                process.terminate()
                try:
                    process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def resident_mib(pid: int | str, *, most: bool = False) -> float | None:
    """Tell how much memory a process holds now, or held at most; None where the system does not tell."""
    name = "VmHWM:" if most else "VmRSS:"
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), None)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
