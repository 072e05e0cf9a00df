"""The checks of `rapport doctor`, one file for a part of the system.

Read `check` (what one finds), `services` (with `group_members` and `restores`), then any other: `processes` (what each says
of itself, such as wakes that are late: how late is too late, says `shared/runtime/observability/health`), `retention`,
`letters`, `types`, `responses`.
"""
