"""Snapshots: what is known of each member, written beside the work, so that a rebuild does not need the whole log.

Read `snapshot_round`: how what `shared.runtime.snapshot_model` describes gets to its topic. `retention` deletes records that
are covered and old enough. `shared.runtime.recovery` has the
way back.
"""
