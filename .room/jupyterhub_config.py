"""A class on one machine: JupyterHub with its own proxy; every learner has a Jupyter server and a copy of the notebooks.

    .venv/bin/python -m jupyterhub --config .room/jupyterhub_config.py

Then each learner opens http://127.0.0.1:8000 and logs in with a name of their own and the password that the hub prints.
Three settings, all from the environment:

    ANY_LENGTH_ROOM      the folder of the learners' folders; ~/any-length-room if not set
    ANY_LENGTH_PORT      the hub's port, 8000 if not set; the two ports above it are taken as well
    ANY_LENGTH_PASSWORD  the password of the class, 8 letters or more; a new one at each start if not set

WARNING. As it stands this is a hub to try out, for people who trust one another. Whoever knows the password can log in
under any name, and every learner's code runs as the user who started the hub and may read and change that user's files.
So it listens on this machine only. For a real room, with learners at other machines, change the lines marked "real room":
accounts of this machine, a memory limit for each learner, TLS, and only then an address that others can reach. These lines
are from the manuals of JupyterHub and systemdspawner (not run here), and macOS is untried, too: measured was the hub as it
stands, on Linux.
"""
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

c = get_config()  # noqa: F821  (JupyterHub provides it)

PROJECT = Path(__file__).resolve().parent.parent
INSTALL = (".venv/bin/python -m pip install -r .room/requirements.txt && "
           "npm install --global --prefix .venv configurable-http-proxy@5.1")


def python_of_the_project() -> None:
    """Servers and kernels run in the Python that starts the hub: the project's."""
    if os.name == "nt":
        raise SystemExit("JupyterHub does not run on Windows: serve the class from Linux, from macOS, or from WSL on this machine.")
    for module in ("tensorflow", "jupyterlab", "helpers"):
        if find_spec(module) is None:
            raise SystemExit(f"{module} is not installed in {sys.executable}, where the learners' kernels would run: install the "
                             "project by the README's first command, then start the hub with .venv/bin/python -m jupyterhub.")


def proxy() -> str:
    """Where configurable-http-proxy is, tried out: beside the hub's Python, or on the PATH."""
    if shutil.which("node") is None:
        raise SystemExit("node is not on this machine, and JupyterHub's proxy runs on it: install Node 18 or newer, on Debian "
                         f"with `apt-get install nodejs npm`, then the proxy: `{INSTALL}`.")
    found = shutil.which("configurable-http-proxy", path=f"{Path(sys.prefix, 'bin')}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        raise SystemExit(f"configurable-http-proxy, JupyterHub's proxy, is not on this machine: run `{INSTALL}`.")
    tried = subprocess.run([found, "--version"], capture_output=True, text=True)
    if tried.returncode:
        raise SystemExit(f"{found} does not start on {shutil.which('node')}: it needs Node 18 or newer; then run `{INSTALL}`.")
    return found


def ports() -> tuple[int, int, int]:
    """Three free ports: for browsers, for the hub, for its orders to the proxy."""
    asked = os.environ.get("ANY_LENGTH_PORT", "8000")
    if not asked.isascii() or not asked.isdigit() or not 1024 <= int(asked) <= 65533:
        raise SystemExit(f"ANY_LENGTH_PORT is {asked!r}: set it to a whole number from 1024 to 65533.")
    three = int(asked), int(asked) + 1, int(asked) + 2
    for port in three:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            left = f" (perhaps a proxy that a killed hub left: process {PID_FILE.read_text().split()[0]})" if PID_FILE.exists() else ""
            raise SystemExit(f"port {port} is taken by another program{left}: end it, or set ANY_LENGTH_PORT to a number such that "
                             "it and the two above it are free.") from None
    return three


def password() -> str:
    given = os.environ.get("ANY_LENGTH_PASSWORD")
    if given is None:
        given = secrets.token_urlsafe(9)
        print(f"The password of this class at http://127.0.0.1:{PORT}, until the hub ends (Ctrl-C): {given}", flush=True)
    elif len(given) < 8:
        raise SystemExit(f"ANY_LENGTH_PASSWORD has {len(given)} letters: give it 8 or more, or leave it out and the hub makes one.")
    return given


def make_folder() -> None:
    """The learners' folders stand in ROOM; HUB is the hub's own: its users and its cookie secret."""
    try:
        HUB.mkdir(parents=True, exist_ok=True)
        HUB.chmod(0o700)
    except OSError as error:
        raise SystemExit(f"the room's folder {ROOM} cannot be made ({error.strerror}): set ANY_LENGTH_ROOM to one that can.") from None


def copy_notebooks(home: Path) -> None:
    """Give a learner the notebooks, once, without the teacher's page and the worksheet, which has its key with it.

    What is there already is never overwritten, and a copy is there whole or not at all.
    """
    if (home / "notebooks").exists():
        return
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".copy-") as half:
        ready = Path(half) / "notebooks"
        left_out = shutil.ignore_patterns(".*", "my_answers.json", "INSTRUCTOR.md", "WORKSHEET.md")
        shutil.copytree(PROJECT / "notebooks", ready, ignore=left_out)
        if not (home / "README.md").exists():
            shutil.copy(PROJECT / "README.md", home)
        ready.rename(home / "notebooks")


ROOM = Path(os.environ.get("ANY_LENGTH_ROOM") or Path.home() / "any-length-room").expanduser().resolve()
HUB = ROOM / ".hub"
PID_FILE = HUB / "proxy.pid"

python_of_the_project()
PROXY = proxy()
PORT, HUB_PORT, PROXY_PORT = ports()
PASSWORD = password()
make_folder()

# --- Who comes in -------------------------------------------------------------------------------------------------------
c.JupyterHub.authenticator_class = "shared-password"  # real room: "pam", everybody has an account of this machine
c.SharedPasswordAuthenticator.user_password = PASSWORD  # real room: take this line out
c.Authenticator.allow_all = True
c.Authenticator.username_pattern = r"[a-z][a-z0-9_-]{0,31}"  # a name is a folder's name, too

# --- Where it listens ---------------------------------------------------------------------------------------------------
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"  # real room: "https://:443", and the next two lines
# c.JupyterHub.ssl_cert = "/etc/…/fullchain.pem"    # real room: a certificate for the machine's name; without TLS passwords
# c.JupyterHub.ssl_key = "/etc/…/privkey.pem"       # go through the network as plain text
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{HUB_PORT}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PROXY_PORT}"
c.ConfigurableHTTPProxy.command = [PROXY]
c.ConfigurableHTTPProxy.pid_file = str(PID_FILE)

# --- What a learner gets ------------------------------------------------------------------------------------------------
# real room: the next three lines go. In their place c.JupyterHub.spawner_class = "systemd" (pip install
# jupyterhub-systemdspawner) and c.SystemdSpawner.mem_limit = "2G"; start the hub as root, from a folder that every account
# can read; and put the notebooks into /etc/skel before you make the accounts: each home then begins with a copy.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(ROOM / "{username}")
c.Spawner.pre_spawn_hook = lambda spawner: copy_notebooks(ROOM / spawner.user.name)
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []  # in a container
c.Spawner.default_url = "/lab/tree/notebooks/00_any_length.ipynb"
c.Spawner.start_timeout = c.Spawner.http_timeout = 300  # seconds: a whole class starts at once
c.Spawner.poll_interval = 5  # seconds until a server that died is noticed

# --- What the hub keeps -------------------------------------------------------------------------------------------------
c.JupyterHub.db_url = f"sqlite:///{HUB / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(HUB / "cookie_secret")
c.JupyterHub.log_level = c.ConfigurableHTTPProxy.log_level = "WARN"  # so that the password stays in sight
