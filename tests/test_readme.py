"""The README says what is true: both commands, and the table of notebooks."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import pytest

from . import series

TEXT = (series.ROOT / "README.md").read_text(encoding="utf-8")
UNIX = re.findall(r"```bash\n(.*?)\n```", TEXT, re.S)
WINDOWS = re.findall(r"```powershell\n(.*?)\n```", TEXT, re.S)
FIRST, SECOND = UNIX


def test_two_commands_of_one_line_each():
    assert len(UNIX) == len(WINDOWS) == 2 and all("\n" not in command for command in UNIX + WINDOWS)
    install = "python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt && .venv/bin/python -m "
    assert FIRST.startswith(install + "jupyter lab ") and SECOND == install + "pytest"


def test_the_windows_form_says_the_same():
    for unix, windows in zip(UNIX, WINDOWS):
        expected = unix.replace("python3 -m venv", "py -3.12 -m venv").replace(" && ", "; ").replace(".venv/bin/", ".venv\\Scripts\\")
        assert windows == expected


@pytest.mark.skipif(not shutil.which("bash") or os.name == "nt", reason="runs a bash script")
def test_ci_runs_the_readmes_test_command(tmp_path):
    # A stand-in for python3 writes down how it is called, so that nothing is installed here.
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "python3"
    fake.write_text('#!/bin/sh\ncase "$*" in *venv/*|"-m venv"*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";; esac\n'
                    f'echo "$*" >> {tmp_path}/calls\n')
    fake.chmod(0o755)
    (tmp_path / "bin" / "chromium").write_text("#!/bin/sh\n")  # there already, so that none is installed either
    (tmp_path / "bin" / "chromium").chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    done = subprocess.run(["bash", str(series.ROOT / ".ci" / "run")], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ran = done.stdout.splitlines()[0].removeprefix("+ ")
    own = re.search(r"\S+/venv(?=[ /])", ran)[0]
    assert ran.replace(own, ".venv") == SECOND and own.startswith(str(tmp_path))
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[-2:] == ["-m pip install -r requirements.txt", "-m pytest"]


def _get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""
    except OSError:
        return 0, b""


def test_the_first_command_opens_the_first_notebook(tmp_path):
    words = FIRST.rsplit("&& .venv/bin/python ", 1)[1].split()
    page = next(word.split("=", 1)[1] for word in words if word.startswith("--LabApp.default_url="))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, *words, "--no-browser", "--allow-root", f"--ServerApp.port={port}", "--IdentityProvider.token=t"],
        cwd=series.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path)},
    )
    try:
        base, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 40
        while _get(f"{base}/api?token=t")[0] != 200 and time.monotonic() < deadline and server.poll() is None:
            time.sleep(0.2)
        assert _get(f"{base}{page}?token=t")[0] == 200
        notebook = page.removeprefix("/lab/tree/")
        assert notebook == series.NOTEBOOKS[0].relative_to(series.ROOT).as_posix()
        status, body = _get(f"{base}/api/contents/{notebook}?token=t")
        assert status == 200 and json.loads(body)["type"] == "notebook"
    finally:
        server.terminate()
        server.wait(20)


def test_the_table_of_notebooks_is_true():
    lines = re.findall(r"^\| \[(\d\d)\]\((\S+)\) \| (.+?) \| (\d+) min \| (\d+) min \|$", TEXT, re.M)
    assert [series.ROOT / file for _, file, *_ in lines] == series.NOTEBOOKS
    for number, file, question, talk, work in lines:
        title = series.read(series.ROOT / file).cells[0].source
        assert title.splitlines()[0] == f"# {number} · {question}"
        assert f"*About {talk} minutes to talk through, {work} minutes to work.*" in title


def test_files_that_the_readme_names_are_there():
    for file in re.findall(r"\]\((?!https)([^)#]+)", TEXT) + re.findall(r"`((?:tests|helpers|notebooks|\.ci)/[\w./]+)`", TEXT):
        assert (series.ROOT / file).exists(), file


def test_the_cell_for_colab_finds_the_helpers_of_the_clone(tmp_path):
    cell = re.search(r"```python\n(!git clone.*?)```", TEXT, re.S)[1]
    if not shutil.which("git") or not (series.ROOT / ".git").exists():
        pytest.skip("needs git and a clone")
    # What it installs is installed here already; only the address is a local one.
    cell = cell.replace("ADDRESS", f'"{series.ROOT}"').replace("%pip install -q", "%pip install -q --no-index --no-deps --dry-run")
    notebook = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_code_cell(cell), nbformat.v4.new_code_cell("import importlib.util; print(importlib.util.find_spec('helpers').origin)")])
    series.run(notebook, tmp_path)
    assert (tmp_path / "any-length" / "helpers" / "__init__.py").samefile(notebook.cells[1].outputs[0].text.strip())
