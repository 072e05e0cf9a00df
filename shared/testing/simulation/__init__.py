"""The parts of the simulated world: processes, topics and their accidents, who else speaks, and the judge.

Read `actor` (one process), `scheduler` (drives it), `traffic` (what is told), `plan`, then `checker`: it holds the promises.
What befalls the topics: `log_actions`, `snapshot_accidents`; the services that are not run: `speakers`, `other_readers`.
"""
