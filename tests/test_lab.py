"""What the tools for the browser say when something is missing; no browser is needed for that."""
import socket
import subprocess
import sys

import pytest

from . import lab, series


def test_without_a_browser(monkeypatch):
    monkeypatch.setattr(lab.shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match="no Chromium .* `apt-get install chromium`"), lab.chromium():
        pass


def test_a_taken_port(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeError, match=f"port {port} is taken"), lab.jupyter(tmp_path, port=port):
            pass


def test_without_a_folder_for_the_pictures():
    done = subprocess.run([sys.executable, "-m", "tests.lab"], cwd=series.ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.strip().startswith("say where the pictures go: python -m tests.lab FOLDER")
