"""The forms of answers: as the OpenAPI document has them, as rows that are encoded fast, and in pages.

Read `answers`, then `rows` (the long lists) and `pages`.
"""
