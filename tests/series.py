"""The notebooks as files: find them, read them, run them, and save them tidily.

    python -m tests.series                    run and save every notebook
    python -m tests.series notebooks/01*      run and save these
"""
from __future__ import annotations

import copy
import re
import sys
from functools import lru_cache
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"


@lru_cache(maxsize=64)
def _parsed(path: Path, changed: int) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def read(path: Path) -> nbformat.NotebookNode:
    """The notebook as it stands in its file now, for the caller to change."""
    return copy.deepcopy(_parsed(path, path.stat().st_mtime_ns))


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def tagged(notebook, tag: str) -> list:
    return [cell for cell in notebook.cells if tag in tags(cell)]


def text_of(cell) -> str:
    """Everything a code cell printed or displayed, as plain text."""
    parts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type in ("display_data", "execute_result"):
            parts.append(output.data.get("text/plain", ""))
        else:
            parts.append(f"{output.ename}: {output.evalue}")
    return "\n".join(parts)


def fenced(cell) -> str:
    """The code between the fences of a solution cell."""
    return re.search(r"```python\n(.*?)```", cell.source, re.S).group(1)


def run(notebook, folder: Path) -> nbformat.NotebookNode:
    """Run a notebook from the top in `folder`; an untagged error stops it, as it would stop a reader."""
    NotebookClient(notebook, timeout=60, kernel_name="python3", record_timing=False,
                   resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def tidy(notebook) -> nbformat.NotebookNode:
    """Drop what changes from run to run without saying anything: widget ids, timings, this machine's versions."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
            output.pop("transient", None)
            if "metadata" in output:
                output.metadata = {}
        if cell.cell_type == "code":
            _merge_streams(cell)
    return notebook


def _merge_streams(cell) -> None:
    merged = []
    for output in cell.outputs:
        if merged and output.output_type == "stream" == merged[-1].output_type and merged[-1].name == output.name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    cell.outputs = merged


def save(path: Path) -> None:
    nbformat.write(tidy(run(read(path), path.parent)), path)


if __name__ == "__main__":
    for chosen in map(Path, sys.argv[1:] or NOTEBOOKS):
        if chosen.resolve() not in NOTEBOOKS:
            raise SystemExit(f"{chosen} is no notebook of the series: write notebooks/01*, say.")
        save(chosen)
        print("saved", chosen.name)
