"""Snapshots: what is known of each member, written beside the work, so that a rebuild does not need the whole log.

Read `snapshot_round` (how what `shared.runtime.snapshot_model` describes gets to its topic, a dose at a time) and `taking`;
`newest_mark` finds the last whole one. `retention` deletes records that are covered and old enough, but not those that were
set aside (`set_aside`). How often there is a round, and how long records are kept, are settings (`shared/config/settings`);
how much at once, is in `shared/runtime/ports/limits`. `shared.runtime.recovery` has the way back.
"""
