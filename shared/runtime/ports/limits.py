"""Every limit of the shell, with its unit and its reason. Nothing in the shell grows without one of these."""

from __future__ import annotations

BATCH_RECORDS_MAX = 2_000
"""Records of one poll. Larger batches spread a commit over more records; this keeps one commit under 100 ms."""
INBOX_BATCHES_MAX = 4
"""Polled batches that wait for one partition before the poll loop waits."""
INBOX_BYTES_MAX = 4 * 1024 * 1024
"""Keys and values that wait for one partition before the poll loop waits: well packed, a poll brings more than one fetch."""
COMMIT_ITEMS_MAX = 500
"""Items that a sweep, a wake or a part of the read-back changes in one commit: bounds each Lua call."""
RESTORE_BYTES_MAX = 4 * 1024 * 1024
"""Of stored values that one commit writes into a store that is restored from snapshots: as above."""
DUE_MEMBERS_MAX = 200
"""Members whose due items are asked for at once."""
WAKE_TICK_MS = 10
"""Wakes that fall due between two ticks fire together: a step of its own for each costs a transaction and a commit."""
READ_BACK_RECORDS_MAX = 2_000
"""Records of one part of the read-back, own events and inputs alike: bounds memory however long the way back is."""
STRAY_PAGE_RECORDS_MAX = 500
"""Own events that are looked through at once for strays among them, between two other steps."""
LOAD_ROUNDS_MAX = 16
"""Round trips in which items that a rule asked for are loaded. A rule that wants more is parked."""
ASKED_MAX = 10_000
"""Times that `evaluate` publishes something for one member in one commit. A decider that goes on talking is parked."""
FACT_BYTES_MAX = 256 * 1024
"""Key, value and headers of one event, so that every transaction can succeed. A larger event parks its item."""
TRANSACTION_BYTES_MAX = 512 * 1024
"""What one produce request carries of a transaction; brokers take 1 MiB by default."""
PARKED_ITEMS_MAX = 1_000
"""Parked items that one member can have; beyond it the member as a whole is parked."""
PARKED_REASON_CHARS_MAX = 200
BACKOFF_SECONDS_MAX = 5.0
"""Between two recoveries that ended in an uncertain outcome: 0.1 s, then twice as long each time, up to this."""
REFUSED_SECONDS = 5.0
"""Between two looks at a partition that was refused and waits for an operator."""
IDLE_LOOK_SECONDS = 1.0
"""How often an idle owner compares the fencing token in the store with its own: a store that went back is noticed by then."""
EFFECTS_AT_ONCE_MAX = 16
"""Effects (mails) of one process under way together."""
EFFECT_SLOTS_MAX = 4
"""Of them, those that one step of one partition takes: so all partitions of a process get their turn."""
SWEEP_MEMBERS_MAX = 200
"""Members whom one step sweeps together, `COMMIT_ITEMS_MAX` items in all."""
SWEEP_PAGE_MEMBERS_MAX = 5_000
"""Member ids that a sweep lists in one round trip."""
SWEEP_PAGE_KEYS_MAX = 1_000
"""Keys of items that a sweep lists in one round trip, of one member or several: a page takes the server well under a ms."""
UNCERTAIN_KEPT_MAX = 20
"""Uncertain outcomes that an owner remembers for people to read."""
SNAPSHOT_CHUNK_BYTES_MAX = 240 * 1024
"""What one part of a snapshot carries. With its key and what it says of itself it stays below 256 kB."""
SNAPSHOT_PARTS_MAX = 200
"""Parts of one member's snapshot, 48 MB compressed: a hundred times what 30,000 contacts take. One who has more keeps the
marks from moving on, and so the log from ending."""
SNAPSHOT_DOSE_MEMBERS_MAX = 50
"""Members whose snapshots are written between two steps."""
SNAPSHOT_DOSE_BYTES_MAX = 256 * 1024
"""Of their parts, beyond which no further member is added."""
SNAPSHOT_BESIDE_BYTES_MIN = 512 * 1024
"""What is stored of a member from which on their snapshot is packed beside the event loop: less takes a few milliseconds."""
SNAPSHOT_PAUSE_SECONDS = 300
"""From a dose of snapshots that could not be written to the next one: each failure costs the partition a recovery."""
SNAPSHOT_SWEEPS_SECONDS = 300
"""So long a round waits for members who owe a sweep, where more come all the time: then it goes on, and writes no timers."""
SNAPSHOT_AHEAD_SECONDS = 3_600
"""A round that says it began later than that from now was begun by a wrong clock: it counts for nothing."""
SNAPSHOT_PAGE_RECORDS_MAX = 500
"""Records of snapshots that are read at once."""
SNAPSHOT_TAIL_RECORDS = 4
"""From the end of the snapshots topic, what is looked at first for the mark; four times as much each time."""
SET_ASIDE_DAYS = 14
"""So long what was set aside can be read again, at least: as long as dead letters are kept."""
SET_ASIDE_RECORDS_MAX = 2_000
"""Open dead letters of one service and partition that a round of snapshots tells apart. What is ticked off, or read again, of
those beyond holds the log until those days are over."""
RETENTION_LOOK_SECONDS = 3_600
"""Between two looks at what may be deleted from the topics that a service ends, at most."""
RETENTION_LOOKS = 10
"""So many looks in the time that a record is kept, at least: it goes at most a tenth of that late."""
TURNS_MAX = 8
"""Joinings and erasures of a member that are remembered by id, so that one that is told again changes nothing."""
RECENT_MAX = 12
"""Other events of a member that are remembered by id (`notes`): 96 bytes, so that the notes stay below the 128 bytes beyond
which the store keeps a member in a table, half as large again."""
