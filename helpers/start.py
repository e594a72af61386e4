"""Start TensorFlow without its log, and say in plain words what the notebook runs on."""
from __future__ import annotations

import contextlib
import gc
import os
import sys
from pathlib import Path

PYTHONS = ((3, 11), (3, 13))
TESTED = {"tensorflow": ((2, 20), (2, 21)), "keras": ((3, 15), (3, 15))}
PROJECT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def _stderr_closed():
    """TensorFlow's C++ code writes to file descriptor 2, past `sys.stderr`: close that door."""
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def import_quietly() -> None:
    """Import TensorFlow and Keras so that no log line reaches the reader.

    Raises
    ------
    ImportError
        One sentence for a Python without TensorFlow, or for a Keras that runs on another backend.
    """
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before the import; later it is not read again
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    gc.disable()  # nothing that an import makes is garbage, and looking for some takes a sixth of its time
    try:
        with _stderr_closed():
            import tensorflow as tf
            import keras
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{error.name} is not installed in the Python that runs this notebook ({sys.executable}). "
            "Choose the kernel of this project's .venv (menu Kernel, Change Kernel), or start JupyterLab "
            "with the first command of the README."
        ) from None
    finally:
        gc.enable()
    if keras.backend.backend() != "tensorflow":
        raise ImportError(
            f"Keras runs on {keras.backend.backend()} here, and this series needs it on TensorFlow: "
            "restart the kernel and run the notebook's first cell before anything else."
        )
    tf.get_logger().setLevel("ERROR")
    gc.freeze()  # TensorFlow's many objects stay for good: without this a slider stumbles each time Python looks through them


def _pair(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def _span(low: tuple[int, int], high: tuple[int, int]) -> str:
    text = [".".join(map(str, pair)) for pair in (low, high)]
    return text[0] if low == high else f"{text[0]} to {text[1]}"


def _place(executable: str) -> str:
    """Where this Python stands: from the project's folder, else from home, else in full."""
    path = Path(executable)
    for base, name in ((PROJECT, ""), (Path.home(), "~/")):
        with contextlib.suppress(ValueError):
            return name + path.relative_to(base).as_posix()
    return str(path)


def environment(python: str | None = None, versions: dict[str, str] | None = None) -> None:
    """Print which Python, TensorFlow and Keras run this notebook, and what to do if one does not fit.

    Parameters
    ----------
    python, versions
        For trying out other machines: `"3.14.0"`, `{"tensorflow": "2.16.2"}`. Left out, this machine is read.

    Examples
    --------
    >>> import helpers
    >>> helpers.environment(python="3.14.0")         # doctest: +SKIP
    ✗ Python 3.14.0 at .venv/bin/python
      ...
    """
    import keras
    import tensorflow as tf

    python = python or ".".join(map(str, sys.version_info[:3]))
    found = {"tensorflow": tf.__version__, "keras": keras.__version__} | (versions or {})  # the package may be tensorflow-cpu
    advice = []

    fits = PYTHONS[0] <= _pair(python) <= PYTHONS[1]
    print("✓" if fits else "✗", f"Python {python} at {_place(sys.executable)}")
    if not fits:
        advice.append(
            f"TensorFlow has been tested here on Python {_span(*PYTHONS)}. Install one of these, delete the folder "
            ".venv and run the README's first command with it."
        )
    for name, (low, high) in TESTED.items():
        fits = low <= _pair(found[name]) <= high
        title = {"tensorflow": "TensorFlow", "keras": "Keras"}[name]
        print("✓" if fits else "✗", f"{title} {found[name]}")
        if not fits:
            advice.append(
                f"These notebooks were checked with {title} {_span(low, high)}; shapes will agree, messages may not. "
                "Run in a terminal: python -m pip install -r requirements.txt"
            )
    gpus = len(tf.config.list_physical_devices("GPU"))
    print("✓ GPU:", f"{gpus} found; last digits may differ from the ones saved here" if gpus
          else "none, and none is needed: everything here runs on the CPU")
    for line in advice:
        print("→", line)
    if not advice:
        print("All is well. Go on to the next cell.")
