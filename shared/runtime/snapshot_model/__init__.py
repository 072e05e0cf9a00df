"""What snapshots are: what stands on the topic, what an owner knows of it, and what nobody needs any more.

Read `snapshot_form`, then `snapshot_state`, `retention_state` and `needed`; `shared.runtime.snapshots` writes them.
"""
