"""How many learners one machine holds, measured: each notebook's kernel alone, then a class at once on JupyterHub.

    python -m tests.room 20                      every notebook alone, then a class of 20 on notebook 00: minutes
    python -m tests.room 20 --notebook 03        the class on another notebook
    python -m tests.room 2 --quick               the class's notebook alone in place of all of them

It needs .room/requirements.txt and the proxy, starts the hub by .room/jupyterhub_config.py in a folder that is thrown away,
and talks to 127.0.0.1 only. All learners begin in the same second and run cell after cell without a pause to think: the
hardest way to use a room. The first one's kernel is killed half-way, the second one's whole server; both come back.
"""
from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import nbformat
import psutil
import requests
import websocket
from jupyter_client import KernelManager
from jupyter_client.session import Session

from . import lab, series

GIB = 2**30
RESERVE = 2 * GIB  # never touched: the system, the hub, a browser
LIMIT = 200        # learners in one run
LOOK = 5           # seconds from one look at all processes to the next: looking costs time, too
PASSWORD = "any-length"  # the hub listens on this machine only, for minutes
CONFIG = series.ROOT / ".room" / "jupyterhub_config.py"


# --- Arithmetic ---------------------------------------------------------------------------------------------------------

def holds(free: float, once: float, learner: float) -> int:
    """How many learners fit into `free` bytes: `once` bytes for all of them, `learner` bytes for each, RESERVE kept free.

    >>> holds(24 * GIB, once=1 * GIB, learner=0.75 * GIB)
    28
    """
    return max(0, int((free - RESERVE - once) / learner))


def needs(learners: int, once: float, learner: float, cpu_seconds: float, wait: float) -> tuple[float, float]:
    """Bytes and cores for a class that starts together, each using so many CPU seconds, all through within `wait` seconds.

    >>> size, cores = needs(30, once=1 * GIB, learner=0.75 * GIB, cpu_seconds=12, wait=60)
    >>> size / GIB, cores
    (25.5, 6.0)
    """
    return RESERVE + once + learners * learner, learners * cpu_seconds / wait


# --- One kernel alone ---------------------------------------------------------------------------------------------------

@dataclass
class Alone:
    """A notebook's kernel with nothing else running: seconds and bytes."""

    start: float
    run: float
    peak: int   # the most that was ever in memory
    own: int    # of that, what no other process can use: all but the files (libraries), which are in memory once for all


def _sizes(file: str) -> dict[str, int]:
    """The lines of a file in /proc that give a size, in bytes."""
    lines = (line.split() for line in Path(file).read_text().splitlines())
    return {words[0].rstrip(":"): 1024 * int(words[1]) for words in lines if words[-1] == "kB"}


def peak_and_own(pid: int) -> tuple[int, int]:
    sizes = _sizes(f"/proc/{pid}/status")
    return sizes["VmHWM"], sizes["VmHWM"] - sizes["RssFile"]


def shares(pid: int) -> tuple[int, int]:
    """The process's fair share of memory now, and how much of that is files."""
    sizes = _sizes(f"/proc/{pid}/smaps_rollup")
    return sizes["Pss"], sizes["Pss_File"]


def run_alone(path: Path) -> Alone:
    """Start a kernel, wait for its first reply with TensorFlow imported, and run the notebook from top to end.

    Raises
    ------
    RuntimeError : one sentence if a cell ends in an error.
    """
    kernel = KernelManager(kernel_name="python3")
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        kernel.start_kernel(cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = kernel.blocking_client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=60)

            def run(code: str) -> dict:
                return client.execute_interactive(code, timeout=60, allow_stdin=False, output_hook=lambda message: None)["content"]

            run("import helpers, tensorflow")
            started = time.monotonic()
            for cell in series.read(path).cells:
                if cell.cell_type == "code":
                    fail_on_error(run(cell.source), cell, path.stem[:2])
            return Alone(started - begun, time.monotonic() - started, *peak_and_own(kernel.provisioner.pid))
        finally:
            client.stop_channels()
            kernel.shutdown_kernel(now=True)


def fail_on_error(reply: dict, cell, where: str) -> None:
    if reply["status"] != "ok" and "raises-exception" not in series.tags(cell):
        raise RuntimeError(f"{where}, cell {cell.id}: {reply.get('ename')}: {reply.get('evalue')}")


# --- The hub ------------------------------------------------------------------------------------------------------------

def three_free_ports() -> int:
    """The first of three free ports in a row, as the hub's configuration wants them."""
    for _ in range(50):
        first = lab.free_port()
        with contextlib.suppress(OSError, OverflowError), socket.create_server(("127.0.0.1", first + 1)), \
                socket.create_server(("127.0.0.1", first + 2)):
            return first
    raise RuntimeError("no three free ports in a row on this machine: end some servers and try again.")


@dataclass
class Hub:
    address: str
    room: Path
    process: psutil.Process
    seen: dict[psutil.Process, float] = field(default_factory=dict)  # every process it ever started: CPU seconds

    def look(self) -> dict[psutil.Process, tuple[int, int]]:
        """The processes that run now, with the `shares` of each; notes the CPU seconds each has used."""
        found = {}
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in [self.process, *self.process.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess, OSError, KeyError):  # it may end meanwhile
                    times = process.cpu_times()
                    self.seen[process] = times.user + times.system
                    found[process] = shares(process.pid)
        return found

    def end(self, seconds: float = 30) -> None:
        """Ask the hub to end, servers and kernels with it; what is left after so many seconds is killed."""
        self.look()
        with contextlib.suppress(psutil.NoSuchProcess):
            self.process.send_signal(signal.SIGINT)
        _, left = psutil.wait_procs(list(self.seen), timeout=seconds)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=10)


@contextlib.contextmanager
def hub(folder: Path, port: int | None = None) -> Iterator[Hub]:
    """JupyterHub by the project's configuration, its learners' folders in `folder`. On leaving, nothing of it runs on.

    Raises
    ------
    RuntimeError : one sentence if it does not start; the configuration's own sentence where there is one.
    """
    if find_spec("jupyterhub") is None:
        raise RuntimeError(f"JupyterHub is not installed in {sys.executable}: run the first line of the README's section "
                           "\"A class on one machine\", then this with .venv/bin/python.")
    port = three_free_ports() if port is None else port
    settings = {"ANY_LENGTH_ROOM": str(folder), "ANY_LENGTH_PORT": str(port), "ANY_LENGTH_PASSWORD": PASSWORD}
    folder.mkdir(parents=True, exist_ok=True)
    log, own = folder / "hub.log", folder / ".hub" / "proxy.pid"  # its own proxy: on a taken port another hub might answer
    with log.open("wb") as out:
        started = subprocess.Popen([sys.executable, "-m", "jupyterhub", "--config", str(CONFIG)], cwd=folder, stdout=out, stderr=out,
                                   env=os.environ | settings, start_new_session=True)  # Ctrl-C is for this program; it ends the hub
    running = Hub(f"http://127.0.0.1:{port}", folder, psutil.Process(started.pid))
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(requests.RequestException):
                if own.exists() and requests.get(f"{running.address}/hub/health", timeout=5).ok:
                    break
            if started.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                raise RuntimeError(f"the hub did not start: {said[-1] if said else 'it said nothing'}")
            time.sleep(0.2)
        yield running
    finally:
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C does not leave servers behind
        try:
            running.end()
            started.wait(10)
        finally:
            signal.signal(signal.SIGINT, handler)


# --- A learner ----------------------------------------------------------------------------------------------------------

class Learner(threading.Thread):
    """Logs in, starts a server and a kernel, runs a notebook cell by cell through the hub's proxy, and saves it."""

    def __init__(self, name: str, room: Hub, notebook: str, stop: threading.Event, troubles: list[str]):
        super().__init__(name=name, daemon=True)
        self.hub, self.path, self.stop, self.troubles = room, f"notebooks/{notebook}", stop, troubles
        self.base = f"{room.address}/user/{name}/"
        self.http, self.socket, self.wire = requests.Session(), None, Session()
        self.at, self.error = "log-in", ""
        self.lost: list[str] = []  # connections that were lost, and made again as JupyterLab does
        self.took: dict[str, float] = {}
        self.pid = 0  # of the kernel

    def run(self) -> None:
        begun = time.monotonic()
        try:
            self.log_in()
            self.took["server"] = self.until_the_server_answers()
            self.took["kernel"] = self.open_kernel()
            for trouble in self.troubles:
                self.come_through(trouble)
            began, self.at = time.monotonic(), "the notebook"
            self.save(self.run_cells())
            self.took["run"] = time.monotonic() - began
            self.took["all"] = time.monotonic() - begun
        except Exception as error:
            self.error = f"at {self.at}: {type(error).__name__}: {error}"[:300]
        finally:
            if self.socket:
                self.socket.close(timeout=1)

    def log_in(self) -> None:
        self.get(f"{self.hub.address}/hub/login")
        self.http.post(f"{self.hub.address}/hub/login", timeout=60, allow_redirects=False, data={
            "username": self.name, "password": PASSWORD, "_xsrf": self.xsrf("/hub/")}).raise_for_status()

    def until_the_server_answers(self) -> float:
        """Go to the hub's page that starts a server, as a browser does, until it leads to JupyterLab. Gives the seconds."""
        begun = time.monotonic()
        while True:
            answer = self.get(f"{self.hub.address}/hub/spawn/{self.name}", check=False)
            if answer.ok and answer.url.startswith(self.base):
                return time.monotonic() - begun
            if answer.status_code in (401, 403):
                raise RuntimeError(f"the hub does not let {self.name} in ({answer.status_code})")
            time.sleep(0.5)

    def open_kernel(self) -> float:
        """Open the notebook's session and its websocket; gives the seconds until TensorFlow is imported."""
        begun, self.at = time.monotonic(), "the kernel"
        session = self.api("POST", "api/sessions", json={
            "path": self.path, "name": self.path, "type": "notebook", "kernel": {"name": "python3"}})
        self.pid = 0
        self.channels = f"{self.base}api/kernels/{session['kernel']['id']}/channels?session_id={self.wire.session}"
        self.connect()
        reply, _ = self.execute("import helpers, tensorflow")
        if reply["status"] != "ok":
            raise RuntimeError(f"TensorFlow was not imported: {reply}")
        return time.monotonic() - begun

    def connect(self) -> None:
        """Open the kernel's websocket, again if need be: the server keeps what the kernel says meanwhile for the same session."""
        cookies = requests.cookies.get_cookie_header(self.http.cookies, requests.Request("GET", self.channels).prepare())
        while True:
            if self.socket:
                self.socket.close(timeout=1)
            try:
                self.socket = websocket.create_connection(self.channels.replace("http", "ws", 1), cookie=cookies, timeout=120)
                self.socket.settimeout(5)
                return
            except (websocket.WebSocketException, OSError) as error:
                self.note_loss(f"opening: {error}")

    def note_loss(self, why: str) -> None:
        self.lost.append(f"{self.at}: {why}")
        if len(self.lost) > 5:
            raise RuntimeError(f"the connection to the kernel was lost six times, the last time {why}")
        time.sleep(1)

    def come_through(self, trouble: str) -> None:
        """Run half of the notebook, save, lose the kernel (or the whole server) to a kill, and find what was saved."""
        self.at = f"half the notebook, before the {trouble} is killed"
        saved = self.run_cells(0.5)
        self.save(saved)
        kernel = psutil.Process(self.pid)
        server = kernel.parent()
        (kernel if trouble == "kernel" else server).kill()
        begun, self.at = time.monotonic(), f"the return after the {trouble} was killed"
        if trouble == "server":
            self.until_the_server_answers()
        if self.saved() != saved:
            raise RuntimeError(f"after the {trouble} was killed, the notebook is not as it was saved")
        self.open_kernel()
        self.took[f"back after the {trouble} was killed"] = time.monotonic() - begun
        if self.pid == kernel.pid or psutil.wait_procs([kernel], timeout=10)[1]:
            raise RuntimeError(f"after the {trouble} was killed, the old kernel is still there")

    def run_cells(self, part: float = 1.0) -> nbformat.NotebookNode:
        """Run the notebook's cells from the top, to its end or to a part of it; gives it with a note and what the cells showed."""
        notebook = self.saved()
        note = f"A note by {self.name}, {part}"
        notebook.cells.append(nbformat.v4.new_markdown_cell(note, id=f"note-{len(notebook.cells)}"))
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for cell in code:
            cell.outputs, cell.execution_count = [], None
        for cell in code[:int(part * len(code))]:
            reply, cell.outputs = self.execute(cell.source)
            fail_on_error(reply, cell, self.name)
            cell.execution_count = reply["execution_count"]
        return notebook

    def execute(self, code: str) -> tuple[dict, list]:
        """Send a cell to the kernel; gives its reply and its outputs."""
        request = self.wire.msg("execute_request", {
            "code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True,
            "user_expressions": {"pid": "__import__('os').getpid()"}})
        self.socket.send(json.dumps(request | {"channel": "shell"}, default=str))
        reply, idle, outputs = None, False, []
        while reply is None or not idle:
            if self.stop.is_set():
                raise TimeoutError("the class was ended before this learner was through")
            try:
                message = json.loads(self.socket.recv())
            except websocket.WebSocketTimeoutException:
                continue
            except (websocket.WebSocketException, OSError, ValueError) as error:  # ValueError: the empty last word of a close
                self.note_loss(f"{type(error).__name__} {error}")
                self.connect()
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                if self.pid and kind == "status" and content["execution_state"] in ("restarting", "dead"):
                    raise RuntimeError("the kernel died")
            elif kind == "execute_reply":
                reply = content
                pid = content.get("user_expressions", {}).get("pid", {}).get("data")
                self.pid = int(pid["text/plain"]) if pid else self.pid
            elif kind == "status":
                idle = content["execution_state"] == "idle"
            elif kind == "clear_output":
                outputs.clear()
            elif kind in ("stream", "display_data", "execute_result", "error"):
                outputs.append(nbformat.v4.output_from_msg(message))
        return reply, outputs

    def save(self, notebook: nbformat.NotebookNode) -> None:
        """Save as JupyterLab does, then look whether it is there."""
        self.api("PUT", f"api/contents/{self.path}", json={"type": "notebook", "format": "json", "content": notebook})
        if self.saved() != notebook:
            raise RuntimeError("the notebook that was saved is another one")

    def saved(self) -> nbformat.NotebookNode:
        notebook = nbformat.from_dict(self.api("GET", f"api/contents/{self.path}")["content"])
        for cell in notebook.cells:
            cell.metadata.pop("trusted", None)  # the server's own mark, not in the file
        return notebook

    def xsrf(self, path: str) -> str:
        return next((cookie.value for cookie in self.http.cookies if cookie.name == "_xsrf" and cookie.path == path), "")

    def get(self, url: str, check: bool = True) -> requests.Response:
        if self.stop.is_set():
            raise TimeoutError("the class was ended before this learner was through")
        answer = self.http.get(url, timeout=120)
        if check:
            answer.raise_for_status()
        return answer

    def api(self, method: str, place: str, **body) -> dict:
        answer = self.http.request(method, self.base + place, timeout=120, **body,
                                   headers={"X-XSRFToken": self.xsrf(f"/user/{self.name}/")})
        if not answer.ok:
            raise RuntimeError(f"{method} {place}: {answer.status_code} {answer.text[:150]}")
        return answer.json()


# --- A class ------------------------------------------------------------------------------------------------------------

@dataclass
class Class:
    """What a class of learners took and needed: seconds and bytes."""

    learners: list[Learner]
    seconds: float
    in_all: int             # the most memory that hub, proxy, servers and kernels had together
    files: int              # of that, libraries: in memory once for all
    hub: int                # hub and proxy, without files
    fell: int               # by so much the system's free memory fell: a check, if nothing else runs
    servers: list[int]      # the most that each ever had, without files
    kernels: list[int]
    cpu_seconds: float
    ended: str = ""

    @property
    def finished(self) -> list[Learner]:
        return [learner for learner in self.learners if not learner.error and "all" in learner.took]

    @property
    def once(self) -> int:
        return self.files + self.hub

    @property
    def server(self) -> float:
        return statistics.median(self.servers)


def hold_class(count: int, path: Path, minutes: int, log: Path | None = None) -> Class:
    """`count` learners at once, each through the whole notebook; ended after `minutes`, or when memory runs short."""
    with tempfile.TemporaryDirectory(prefix="any-length-room-", ignore_cleanup_errors=True) as folder:
        before = least = psutil.virtual_memory().available
        with hub(Path(folder)) as room:
            stop, ended = threading.Event(), ""
            troubles = [["kernel"], ["server"]] if count > 1 else [["kernel", "server"]]
            learners = [Learner(f"learner{n + 1:03}", room, path.name, stop, troubles[n] if n < len(troubles) else [])
                        for n in range(count)]
            begun = time.monotonic()
            for learner in learners:
                learner.start()
            in_all = looked = 0
            while any(learner.is_alive() for learner in learners):
                if time.monotonic() - looked > LOOK:
                    in_all = max(in_all, sum(whole for whole, _ in room.look().values()))
                    looked = time.monotonic()
                least = min(least, psutil.virtual_memory().available)
                if not ended and least < RESERVE:
                    ended = f"less than {RESERVE / GIB:.0f} GiB was free"
                elif not ended and time.monotonic() - begun > 60 * minutes:
                    ended = f"{minutes} minutes were over"
                if ended:
                    stop.set()
                time.sleep(0.25)
            seconds = time.monotonic() - begun
            if log:
                shutil.copy(room.room / "hub.log", log)
            now = room.look()  # every kernel is still there, as in a class
            kernels = [process for process in now if process.pid in {learner.pid for learner in learners}]
            servers = [kernel.parent() for kernel in kernels]
            rest = [whole - files for process, (whole, files) in now.items() if process not in {*kernels, *servers}]
            in_all = max(in_all, sum(whole for whole, _ in now.values()))
            return Class(learners, seconds, in_all, sum(files for _, files in now.values()), sum(rest), before - least,
                         [peak_and_own(server.pid)[1] for server in servers], [peak_and_own(kernel.pid)[1] for kernel in kernels],
                         sum(room.seen.values()), ended)


# --- The report ---------------------------------------------------------------------------------------------------------

def machine() -> str:
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    versions = ", ".join(f"{name} {version(name)}" for name in ("jupyterhub", "jupyterlab", "tensorflow", "keras"))
    return (f"{platform.system()} {platform.machine()}, {model}, {os.cpu_count()} cores, "
            f"{psutil.virtual_memory().total / GIB:.1f} GiB; Python {platform.python_version()}, {versions}")


def report(alone: dict[str, Alone], held: Class, path: Path, free: int) -> None:
    number, slowest = path.stem[:2], max(held.learners, key=lambda learner: learner.took.get("all", float("inf")))
    cpu = held.cpu_seconds / len(held.learners)
    print(f"\nA class of {len(held.learners)} on notebook {number}, all at once")
    if held.ended:
        print(f"  ended early              {held.ended}")
    print(f"  finished without error   {len(held.finished)} of {len(held.learners)}")
    for learner in held.learners:
        if learner.error:
            print(f"    {learner.name}: {learner.error}")
    for learner in held.learners:
        for lost in learner.lost:
            print(f"    {learner.name} lost the connection and made it again, at {lost}")
    print(f"  the whole class          {held.seconds:.0f} s")
    for part, words in {"server": "log-in to server", "kernel": "kernel, TensorFlow", "run": "the notebook"}.items():
        times = [learner.took[part] for learner in held.learners if part in learner.took]
        if times:
            print(f"    {words:22} median {statistics.median(times):.0f} s, slowest {max(times):.0f} s")
    print(f"  slowest learner          {slowest.name}: {slowest.took.get('all', held.seconds):.0f} s")
    for learner in held.learners:
        for words, took in learner.took.items():
            if words.startswith("back"):
                print(f"  {words}: {took:.0f} s, and all that was saved was there")
    print(f"  CPU of a learner         {cpu:.0f} s")
    print(f"  memory in all            {held.in_all / GIB:.2f} GiB, of it libraries {held.files / GIB:.2f}, "
          f"hub and proxy {held.hub / GIB:.2f} (free memory fell by {held.fell / GIB:.2f})")
    if not held.kernels:
        return
    print(f"  memory of a learner      server {held.server / GIB:.2f} GiB, kernel {statistics.median(held.kernels) / GIB:.2f} GiB "
          f"(largest {max(held.kernels) / GIB:.2f})")
    print(f"\nThis machine, with {free / GIB:.1f} GiB free at the start and {RESERVE / GIB:.0f} of them kept, holds about:")
    for name, kernel in alone.items():
        print(f"  on notebook {name}   {holds(free, held.once, held.server + kernel.own):3} learners "
              f"at {(held.server + kernel.own) / GIB:.2f} GiB")
    largest = held.server + max(kernel.own for kernel in alone.values())
    size, cores = needs(30, held.once, largest, cpu, wait=60)
    print(f"A bigger room: GiB = {(RESERVE + held.once) / GIB:.1f} + {largest / GIB:.2f} x learners (the largest notebook here); "
          f"cores = {cpu:.0f} x learners / seconds until all are through {number}\n"
          f"  30 learners, through within a minute: {size / GIB:.0f} GiB, {cores:.0f} cores")


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= LIMIT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of learners: give a whole number from 1 to {LIMIT}.")
    return int(text)


def _minutes(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes: give a whole number from 1 to 60.")
    return int(text)


def _notebook(text: str) -> Path:
    found = [path for path in series.NOTEBOOKS if path.stem[:2] == text]
    if not found:
        there = ", ".join(path.stem[:2] for path in series.NOTEBOOKS)
        raise argparse.ArgumentTypeError(f"there is no notebook {text!r}: give one of {there}.")
    return found[0]


def main(words: list[str]) -> int:
    ask = argparse.ArgumentParser(prog="python -m tests.room", description=__doc__.splitlines()[0])
    ask.add_argument("learners", type=_count)
    ask.add_argument("--notebook", type=_notebook, default=series.NOTEBOOKS[0], help="the class's notebook, 00 if left out")
    ask.add_argument("--minutes", type=_minutes, default=10, help="the class is ended after so many, 10 if left out")
    ask.add_argument("--quick", action="store_true", help="only the class's notebook alone, not all of them")
    ask.add_argument("--log", type=Path, help="a file for what hub, proxy and servers say during the class")
    asked = ask.parse_args(words)
    if not Path("/proc/self/smaps_rollup").exists():
        raise SystemExit("memory is read from /proc, which this system does not have: run this on Linux.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # by way of every `finally`

    try:
        with tempfile.TemporaryDirectory() as folder, hub(Path(folder)):
            pass  # it starts: better known now than after the table
        print(machine())
        print("\nnotebook   kernel, TensorFlow   Run All   most memory   of it its own", flush=True)
        alone = {}
        for path in [asked.notebook] if asked.quick else series.NOTEBOOKS:
            try:
                kernel = alone[path.stem[:2]] = run_alone(path)
            except RuntimeError as error:
                if path == asked.notebook:
                    raise
                print(error)
                continue
            print(f"{path.stem[:2]:8} {kernel.start:18.1f} s {kernel.run:7.1f} s "
                  f"{kernel.peak / GIB:9.2f} GiB {kernel.own / GIB:9.2f} GiB", flush=True)
        free = psutil.virtual_memory().available
        count = min(asked.learners, holds(free, 0, alone[asked.notebook.stem[:2]].peak))
        if count < 1:
            raise RuntimeError(f"not one learner fits: {free / GIB:.1f} GiB are free, and {RESERVE / GIB:.0f} stay free; "
                               "end other programs.")
        if count < asked.learners:
            print(f"\n{asked.learners} learners do not surely fit into {free / GIB:.1f} GiB: the class is of {count}.")
        held = hold_class(count, asked.notebook, asked.minutes, asked.log)
        report(alone, held, asked.notebook, free)
    except RuntimeError as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        raise SystemExit("ended; nothing that was started here runs on.") from None
    all_ran = asked.quick or len(alone) == len(series.NOTEBOOKS)
    return 0 if all_ran and len(held.finished) == len(held.learners) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
