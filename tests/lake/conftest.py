import sys
from pathlib import Path

# importlib import mode leaves the folder off the path; the makers of small facts lie beside the tests.
sys.path.insert(0, str(Path(__file__).parent))
