"""Every kernel that a test starts (nbval's too) runs without a network: see offline/sitecustomize.py."""
import os
from pathlib import Path

_OFFLINE = str(Path(__file__).parent / "offline")
os.environ["PYTHONPATH"] = os.pathsep.join([_OFFLINE, *filter(None, [os.environ.get("PYTHONPATH")])])
