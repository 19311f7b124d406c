import sys
from pathlib import Path

# importlib import mode leaves the folder off the path; the golden-case reader lives beside the tests.
sys.path.insert(0, str(Path(__file__).parent))
