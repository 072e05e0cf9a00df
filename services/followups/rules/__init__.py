"""The rules: `rule` says what one is and `table` lists them all; the others hold those about one kind of subject.

`schedules` says when they fall due, `triggers` what they begin with, `completion` what ends them; they look at a `case`.
"""
