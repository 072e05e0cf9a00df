"""Every event as a pydantic model: what products report (`people`, `member`) and what services say (`own`).

Read `event` (what all have in common), then the event that you came for; `table` lists them by type.
"""
