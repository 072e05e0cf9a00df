"""What a product shows of a member, applied from all topics.

Read `decider` first: it says what the projection is. `model` holds what is known, `apply` how events change it, `migrations`
what becomes of snapshots of other versions.
"""
