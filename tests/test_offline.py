"""The guard that keeps the notebooks offline does guard."""
import os
import subprocess
import sys

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from . import series


def _python(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)


@pytest.mark.parametrize("code", [
    "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
    "import socket; socket.getaddrinfo('example.org', 80)",
    "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)",
])
def test_a_connection_beyond_this_machine_fails(code):
    done = _python(code)
    assert done.returncode and "the notebooks must run offline" in done.stderr


def test_loopback_is_free():
    code = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()); print('ok')"
    assert _python(code).stdout.strip() == "ok"


def test_a_notebook_that_downloads_is_stopped(tmp_path):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("import urllib.request; urllib.request.urlopen('http://example.org')")]
    with pytest.raises(CellExecutionError, match="the notebooks must run offline"):
        series.run(notebook, tmp_path)
