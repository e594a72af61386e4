"""Every kernel that a test starts (nbval's too) runs without a network: see tests/offline/sitecustomize.py."""
import os
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

_OFFLINE = str(Path(__file__).parent / "tests" / "offline")
os.environ["PYTHONPATH"] = os.pathsep.join([_OFFLINE, *filter(None, [os.environ.get("PYTHONPATH")])])


_LONGEST = ["test_browser", "test_pages", "test_mutations", "test_invariance"]


def pytest_collection_modifyitems(items):
    # The longest first, so that no worker is left alone with one of them at the end; the order is kept otherwise.
    items.sort(key=lambda item: _LONGEST.index(item.path.stem) if item.path.stem in _LONGEST else len(_LONGEST))


class OneFileAtATime(LoadFileScheduling):
    """The cells of a notebook stay on one worker, the tests of a file too; but in the browser each notebook goes by itself."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if "test_browser.py" in nodeid or "test_pages.py" in nodeid else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)  # without xdist nobody asks
def pytest_xdist_make_scheduler(config, log):
    return OneFileAtATime(config, log)
