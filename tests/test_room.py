"""The room without a room: its configuration, its sentences, its arithmetic; and, where JupyterHub is, one learner in it."""
import doctest
import json
import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from traitlets.config import Config, PyFileConfigLoader

from . import room, series

pytestmark = pytest.mark.skipif(os.name == "nt", reason="JupyterHub does not run on Windows")


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with a node and a proxy that answer, free ports, and nothing else set. Gives the folder of its programs."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("node", "configurable-http-proxy"):
        (programs / name).write_text("#!/bin/sh\necho 5.1.0\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setenv("ANY_LENGTH_ROOM", str(tmp_path / "room"))
    monkeypatch.setenv("ANY_LENGTH_PORT", str(room.three_free_ports()))
    monkeypatch.delenv("ANY_LENGTH_PASSWORD", raising=False)
    return programs


def load() -> Config:
    return PyFileConfigLoader(room.CONFIG.name, path=str(room.CONFIG.parent)).load_config()


def sentence() -> str:
    """What the configuration says when it stops the hub: one sentence."""
    with pytest.raises(SystemExit) as stopped:
        load()
    said = str(stopped.value)
    assert "\n" not in said and said.endswith(".")
    return said


def test_the_configuration_is_one_for_jupyterhub(bare, tmp_path, capsys):
    config = load()
    assert config.ConfigurableHTTPProxy.command == [str(bare / "configurable-http-proxy")]
    assert config.Spawner.cmd[0] == sys.executable
    assert (tmp_path / "room" / ".hub").stat().st_mode & 0o077 == 0
    password = config.SharedPasswordAuthenticator.user_password
    assert len(password) >= 8 and password in capsys.readouterr().out
    assert load().SharedPasswordAuthenticator.user_password != password
    if find_spec("jupyterhub"):
        from jupyterhub import app, auth, proxy, spawner
        from jupyterhub.authenticators import shared
        for name, settings in config.items():
            owner = next(getattr(module, name) for module in (app, auth, proxy, spawner, shared) if hasattr(module, name))
            assert [setting for setting in settings if setting not in owner.class_trait_names()] == []


def test_it_listens_on_this_machine_only(bare):
    config = load()
    addresses = {f"{owner}.{name}": value for owner, settings in config.items() for name, value in settings.items()
                 if name.endswith(("url", "ip")) and name not in ("default_url", "db_url")}
    assert set(addresses) == {"JupyterHub.bind_url", "JupyterHub.hub_bind_url", "ConfigurableHTTPProxy.api_url"}
    assert {urlsplit(value).hostname for value in addresses.values()} == {"127.0.0.1"}
    assert len({urlsplit(value).port for value in addresses.values()}) == 3


@pytest.mark.parametrize("name, fine", [
    ("ada", True), ("ada-2", True), ("..", False), ("../ada", False), (".hub", False), ("a/b", False), ("", False), ("a" * 33, False)])
def test_a_learners_name_is_a_folders_name(bare, name, fine):
    assert bool(re.fullmatch(load().Authenticator.username_pattern, name)) == fine


def test_a_learner_gets_the_notebooks_once(bare, tmp_path):
    copy = runpy.run_path(str(room.CONFIG), {"get_config": Config})["copy_notebooks"]
    home = tmp_path / "room" / "ada"
    copy(home)
    assert sorted(p.name for p in (home / "notebooks").glob("*.ipynb")) == [p.name for p in series.NOTEBOOKS]
    assert (home / "README.md").exists() and not list((home / "notebooks").glob("*.md"))  # no notes for teachers, no key
    assert {p.name for p in home.iterdir()} == {"README.md", "notebooks"}

    mine = home / "notebooks" / series.NOTEBOOKS[0].name
    mine.write_text("mine", encoding="utf-8")
    (home / "notebooks" / series.NOTEBOOKS[1].name).unlink()
    copy(home)
    assert mine.read_text(encoding="utf-8") == "mine"
    assert not (home / "notebooks" / series.NOTEBOOKS[1].name).exists()


def test_no_node(bare):
    (bare / "node").unlink()
    assert sentence().startswith("node is not on this machine")


def test_no_proxy(bare):
    (bare / "configurable-http-proxy").unlink()
    said = sentence()
    assert said.startswith("configurable-http-proxy, JupyterHub's proxy, is not on this machine: run `.venv/bin/python -m pip")
    assert said.split("`")[1] in (room.CONFIG.parent / "requirements.txt").read_text(encoding="utf-8")


def test_a_proxy_that_does_not_start(bare):
    (bare / "configurable-http-proxy").write_text("#!/bin/sh\nexit 1\n")
    assert "it needs Node 18 or newer" in sentence()


def test_another_python(bare, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert sentence().startswith(f"tensorflow is not installed in {sys.executable}, where the learners' kernels would run")


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_port_that_is_taken(bare, offset):
    first = int(os.environ["ANY_LENGTH_PORT"])
    with socket.create_server(("127.0.0.1", first + offset)):
        assert sentence().startswith(f"port {first + offset} is taken by another program: end it, or set ANY_LENGTH_PORT")


def test_a_port_that_a_killed_hubs_proxy_holds(bare, tmp_path):
    (tmp_path / "room" / ".hub").mkdir(parents=True)
    (tmp_path / "room" / ".hub" / "proxy.pid").write_text("4711\n")
    with socket.create_server(("127.0.0.1", int(os.environ["ANY_LENGTH_PORT"]))):
        assert "(perhaps a proxy that a killed hub left: process 4711): end it" in sentence()


@pytest.mark.parametrize("port", ["", "http", "80", "65534", "-1", "8000.0", "²"])
def test_a_port_that_is_none(bare, monkeypatch, port):
    monkeypatch.setenv("ANY_LENGTH_PORT", port)
    assert sentence() == f"ANY_LENGTH_PORT is {port!r}: set it to a whole number from 1024 to 65533."


def test_a_short_password(bare, monkeypatch):
    monkeypatch.setenv("ANY_LENGTH_PASSWORD", "secret")
    said = sentence()
    assert said.startswith("ANY_LENGTH_PASSWORD has 6 letters") and "secret" not in said


def test_a_folder_that_cannot_be_made(bare, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ANY_LENGTH_ROOM", str(tmp_path / "file" / "room"))
    assert f"the room's folder {tmp_path / 'file' / 'room'} cannot be made (Not a directory)" in sentence()


def test_the_arithmetic_of_the_room():
    assert doctest.testmod(room).failed == 0
    assert room.holds(free=10 * room.GIB, once=0, learner=1 * room.GIB) == 8
    assert room.holds(free=1 * room.GIB, once=0, learner=1 * room.GIB) == 0  # never fewer than none
    for learners in (1, 20, 137):
        size, _ = room.needs(learners, once=room.GIB // 2, learner=0.7 * room.GIB, cpu_seconds=8, wait=60)
        assert room.holds(size + 1, room.GIB // 2, 0.7 * room.GIB) == learners  # one is the other backwards


@pytest.mark.parametrize("words, says", [
    (["many"], "'many' is not a number of learners: give a whole number from 1 to 200."),
    (["0"], "'0' is not a number of learners"), (["201"], "'201' is not a number of learners"),
    (["2", "--minutes", "0"], "'0' is not a number of minutes: give a whole number from 1 to 60."),
    (["2", "--notebook", "77"], "there is no notebook '77': give one of 00, 01"),
])
def test_bad_words_for_the_measurement(words, says, capsys):
    with pytest.raises(SystemExit):
        room.main(words)
    assert says in capsys.readouterr().err


def test_no_jupyterhub_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "jupyterhub", None)
    with pytest.raises(RuntimeError, match="^JupyterHub is not installed in .*: run the first line of"), room.hub(tmp_path / "room"):
        pass


def test_memory_is_read_from_proc():
    if not Path("/proc/self/smaps_rollup").exists():
        pytest.skip("needs Linux")
    peak, own = room.peak_and_own(os.getpid())
    whole, files = room.shares(os.getpid())
    assert peak >= psutil.Process().memory_info().rss * 0.9 and 0 < own < peak
    assert 0 < files < whole <= peak
    more = bytearray(os.urandom(1)) * (200 * 2**20)
    assert room.peak_and_own(os.getpid())[1] > len(more)


def test_what_does_not_end_by_itself_is_ended():
    """A hub that takes no notice of Ctrl-C, and a server of it that does not either."""
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(1, flush=True); "
    code = deaf + f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {deaf + 'time.sleep(60)'!r}]); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as started:
        assert [started.stdout.readline() for _ in range(2)] == [b"1\n"] * 2
        hub = room.Hub("", Path(), psutil.Process(started.pid))
        hub.end(seconds=0.5)
        assert len(hub.seen) == 2 and not any(process.is_running() and process.status() != "zombie" for process in hub.seen)


class Wire:
    """A websocket that answers a cell with these messages."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def send(self, text):
        request = json.loads(text)["header"]
        self.waiting = [json.dumps({"header": {"msg_type": kind}, "parent_header": request if own else {}, "content": content,
                                    "metadata": {}}) for kind, content, own in self.answers]

    def recv(self):
        if not self.waiting:
            raise room.websocket.WebSocketTimeoutException
        return self.waiting.pop(0)


def learner(*answers) -> room.Learner:
    one = room.Learner("ada", room.Hub("http://127.0.0.1:1", Path(), psutil.Process()), "x.ipynb", threading.Event(), [])
    one.socket, one.pid = Wire(*answers), 1
    return one


def test_a_cell_has_run_when_its_reply_is_there_and_the_kernel_idle():
    reply = {"status": "ok", "execution_count": 3, "user_expressions": {"pid": {"data": {"text/plain": "77"}}}}
    one = learner(("stream", {"name": "stdout", "text": "another's"}, False), ("stream", {"name": "stdout", "text": "old"}, True),
                  ("clear_output", {}, True), ("stream", {"name": "stdout", "text": "new"}, True), ("execute_reply", reply, True),
                  ("stream", {"name": "stdout", "text": "late"}, True), ("status", {"execution_state": "idle"}, True))
    got, outputs = one.execute("1")
    assert got == reply and [output.text for output in outputs] == ["new", "late"] and one.pid == 77


def test_a_kernel_that_dies_and_a_class_that_is_ended_do_not_hang():
    with pytest.raises(RuntimeError, match="the kernel died"):
        learner(("status", {"execution_state": "restarting"}, False)).execute("1")
    silent = learner()
    threading.Timer(0.1, silent.stop.set).start()
    with pytest.raises(TimeoutError, match="ended before"):
        silent.execute("1")


def test_a_lost_connection_is_made_again_but_not_for_ever(monkeypatch):
    monkeypatch.setattr(room.time, "sleep", lambda seconds: None)
    reply = {"status": "ok", "execution_count": 1, "user_expressions": {}}
    one = learner(("execute_reply", reply, True), ("status", {"execution_state": "idle"}, True))
    one.at = "the notebook"
    words, cut = one.socket.recv, [True]

    def recv():
        if cut:
            cut.pop()
            raise room.websocket.WebSocketConnectionClosedException("lost")
        return words()

    one.socket.recv, one.connect = recv, lambda: None
    assert one.execute("1") == (reply, []) and len(one.lost) == 1 and one.lost[0].startswith("the notebook: ")
    cut.extend([True] * 9)
    with pytest.raises(RuntimeError, match="lost six times"):
        one.execute("1")


@pytest.mark.skipif(find_spec("jupyterhub") is None or not shutil.which(
    "configurable-http-proxy", path=f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}"), reason="only on a teacher's machine")
def test_one_learner_in_a_real_hub(tmp_path):
    with room.hub(tmp_path / "room") as hub:
        with pytest.raises(RuntimeError, match="^the hub did not start: port .* is taken"), \
                room.hub(tmp_path / "second", int(hub.address.rpartition(":")[2])):
            pass
        ada = room.Learner("ada", hub, series.NOTEBOOKS[0].name, threading.Event(), ["kernel", "server"])
        ada.start()
        ada.join(300)
        back = {f"back after the {trouble} was killed" for trouble in ("kernel", "server")}
        assert ada.error == "" and set(ada.took) == {"server", "kernel", *back, "run", "all"}
        file = tmp_path / "room" / "ada" / "notebooks" / series.NOTEBOOKS[0].name
        assert "A note by ada" in file.read_text(encoding="utf-8")
        assert len(hub.look()) >= 4  # hub, proxy, server, kernel
        listening = {connection.laddr.ip for process in hub.seen for connection in process.net_connections()
                     if connection.status == psutil.CONN_LISTEN}
        assert listening == {"127.0.0.1"}

        stranger = room.requests.Session()
        page = stranger.get(f"{hub.address}/hub/login", timeout=30)
        wrong = {"username": "eve", "password": "any-lengthy", "_xsrf": stranger.cookies["_xsrf"]}
        answer = stranger.post(page.url, data=wrong, timeout=30)
        assert answer.status_code == 403 and not (tmp_path / "room" / "eve").exists()
    assert not any(process.is_running() for process in hub.seen)
