"""Every kernel that a test starts (nbval's too) runs without a network: see offline/sitecustomize.py."""
import os
from pathlib import Path

import pytest

_OFFLINE = str(Path(__file__).parent / "offline")
os.environ["PYTHONPATH"] = os.pathsep.join([_OFFLINE, *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """What stays together on one worker: the cells of a notebook, the tests of a file; but in the browser each notebook by itself."""
    for item in items:
        group = item.path.stem
        if group == "test_browser" and hasattr(item, "callspec"):
            group = item.callspec.id
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.path.stem != "test_browser")  # the longest first; the order is kept otherwise
