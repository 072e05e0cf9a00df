"""What is not even collected where it will not run."""

from __future__ import annotations

from tests.depth import DEEP

collect_ignore = [] if DEEP else ["test_api_drawn.py"]
"""schemathesis draws its cases while tests are collected, ten seconds in each process of a run, also for tests that the run
leaves out. Named on the command line, the file is collected all the same."""
