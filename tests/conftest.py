"""Every kernel that a test starts (nbval's too) runs without a network: see offline/sitecustomize.py."""
import os
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

_OFFLINE = str(Path(__file__).parent / "offline")
os.environ["PYTHONPATH"] = os.pathsep.join([_OFFLINE, *filter(None, [os.environ.get("PYTHONPATH")])])


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem != "test_browser")  # the longest first; the order is kept otherwise


class OneFileAtATime(LoadFileScheduling):
    """The cells of a notebook stay on one worker, the tests of a file too; but in the browser each notebook goes by itself."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if "test_browser.py" in nodeid else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)  # without xdist nobody asks
def pytest_xdist_make_scheduler(config, log):
    return OneFileAtATime(config, log)
