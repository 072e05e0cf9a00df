"""The rules: `rule` says what one is and `table` lists them all; the others hold those about one kind of subject.

`schedules` says when they fall due, `triggers` what they begin with, `completion` what ends them. Their functions see a
`context`; a `case` is one, with its rule.
"""
