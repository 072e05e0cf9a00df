"""Snapshots: what is known of each member, written beside the work, so that a rebuild does not need the whole log.

Read `snapshot_form` (what stands on the topic), `snapshot_round` (how it gets there); `shared.runtime.recovery` has the
way back.
"""
