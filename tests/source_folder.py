"""Where the real documents lie: beside the project, of which they are no part."""

from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"
SEEDS = SHARED / "seeds"
SAMPLES = SHARED / "samples"

MISSING = [folder.name for folder in (SEEDS, SAMPLES) if not folder.is_dir()]
