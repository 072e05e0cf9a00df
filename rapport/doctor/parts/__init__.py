"""The checks of `rapport doctor`, one file for a part of the system.

Read `check` (what one finds), `services` (with `group_members` and `restores`), then any other: `processes`, `retention`,
`letters`, `types`, `responses`.
"""
