"""A quiet start, and plain words about the environment."""
import gc
import importlib.metadata
import os
import subprocess
import sys
import traceback

import keras
import pytest

import helpers

from . import series


def python(code: str, **env) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | env, encoding="utf-8")


def test_no_log_line_reaches_the_reader_and_only_the_import_is_silenced():
    done = python("import helpers, keras, os; print(keras.backend.backend()); keras.layers.Dense(2)(keras.ops.ones((1, 2)))\n"
                  "helpers.attempt(lambda: keras.layers.Embedding(3, 2)(keras.ops.full((1, 1), 9, 'int32')))\n"
                  "with helpers.start._stderr_closed():\n    os.write(2, b'noise')\nos.write(2, b'still here')", KERAS_BACKEND="numpy")
    assert (done.returncode, done.stderr) == (0, "still here")
    assert done.stdout.strip() == "tensorflow"  # another backend is put right


def test_another_backend_that_comes_too_late_is_named(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ImportError, match="^Keras runs on jax here, and this series needs it on TensorFlow: restart"):
        helpers.start.import_quietly()


@pytest.mark.parametrize("missing", ["tensorflow", "keras"])
def test_a_missing_library_is_one_sentence(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError) as caught:
        helpers.start.import_quietly()
    said = "".join(traceback.format_exception(caught.value))
    last = said.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: {missing} is not installed in the Python that runs this notebook")
    assert "Change Kernel" in last and "During handling" not in said
    assert gc.isenabled()


def test_the_wrong_kernel_says_what_every_notebook_quotes(tmp_path):
    first = next(cell for cell in series.read(series.NOTEBOOKS[0]).cells if cell.cell_type == "code").source.splitlines()[0]
    done = subprocess.run([sys.executable, "-I", "-S", "-c", first], cwd=tmp_path, capture_output=True, text=True)  # as if not installed
    said = done.stderr.strip().splitlines()[-1]
    assert said == "ModuleNotFoundError: No module named 'helpers'"
    for path in series.NOTEBOOKS:
        words = "".join(cell.source for cell in series.read(path).cells[:4])
        assert f"`{said.partition(': ')[2]}`" in words and "`.venv`" in words, path.name


def test_environment_in_plain_words(capsys):
    helpers.environment()
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "All is well. Go on to the next cell."
    assert all(word in out for word in ("Python 3.", "TensorFlow 2.", "Keras 3.", "GPU"))


def test_a_tensorflow_under_another_package_name_is_read_too(monkeypatch, capsys):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)  # as with tensorflow-cpu

    monkeypatch.setattr(importlib.metadata, "version", missing)
    helpers.environment()
    assert "TensorFlow 2." in capsys.readouterr().out


@pytest.mark.parametrize("python_, versions, says", [
    ("3.14.0", {}, "Install one of these"), ("3.10.2", {}, "Python 3.11 to 3.13"),
    (None, {"tensorflow": "2.16.2"}, "TensorFlow 2.20 to 2.21"), (None, {"keras": "3.9.0"}, "Keras 3.15"),
])
def test_a_wrong_environment_gets_advice(python_, versions, says, capsys):
    helpers.environment(python_, versions)
    out = capsys.readouterr().out
    assert says in out and "✗" in out and "All is well" not in out


def test_tested_versions_are_the_required_ones():
    from helpers.start import PYTHONS, TESTED

    required = (series.ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert f"tensorflow>=2.{TESTED['tensorflow'][0][1]},<2.{TESTED['tensorflow'][1][1] + 1} " in required
    assert f",<3.{TESTED['keras'][1][1] + 1} " in required
    assert f'requires-python = ">=3.{PYTHONS[0][1]},<3.{PYTHONS[1][1] + 1}"' in (series.ROOT / "pyproject.toml").read_text()
