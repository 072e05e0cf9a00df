"""How a partition is taken over.

Read `recover`: it fences whoever had it and finds out where it stands. `restore` reads back what the store lacks, from the
log or from `snapshots` (`migrating`: from older ones; `store_writing`: many members at once). `dry_look` asks before a store
is emptied.
"""
