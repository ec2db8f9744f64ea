"""Where the shapes tests find what they test; importing it makes both packages importable."""

from __future__ import annotations

import sys
from pathlib import Path

WORKER = Path(__file__).resolve().parents[1]
ROOT = WORKER.parents[3]
WEIGHTS = ROOT / "models" / "shapes-dit"

for folder in (WORKER, WORKER / "training"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
