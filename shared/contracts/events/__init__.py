"""Every event as a pydantic model: what products report (`people`, `member`) and what services say (`own`).

Read `event` (what all have in common; `activity`: what those of products have), then the event that you came for; `table`
lists them by type. `moment` is a time that somebody sets.
"""
