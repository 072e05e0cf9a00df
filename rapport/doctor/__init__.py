"""The checks of `rapport doctor`, and of `rapport run` before it starts. Read `check` first, then `checks`."""
