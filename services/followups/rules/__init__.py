"""The rules: `rule` says what one is, `table` lists them all; the others hold those about one kind of subject.

`triggers` has what rules begin with, `completion` what ends them.
"""
