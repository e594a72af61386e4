"""The questions of the series, one module for each notebook: right answers, known wrong ones, hints."""
from importlib import import_module
from pathlib import Path

QUESTIONS = {}
for _path in sorted(Path(__file__).parent.glob("nb*.py")):
    QUESTIONS |= import_module(f"{__name__}.{_path.stem}").QUESTIONS
