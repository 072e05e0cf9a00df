"""One module per command of `rapport`, called like it: its arguments with their defaults, what it does, how it ends.

Read `why` for a command that asks, `send` for one that publishes, `run` for the one that stays. `import_file` is `rapport
import FILE`; `import_changes` and `import_follow` are what imports share. What two commands need stands beside this folder:
`rapport/system` reaches Kafka and the store, `rapport/terminal` prints, `rapport/inspect` says what is known.
"""
