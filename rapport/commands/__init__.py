"""One module per command of `rapport`: its arguments, what it does, how it ends.

Read `why` for a command that asks, `send` for one that publishes, `run` for the one that stays. What two of them need stands
beside this folder: `rapport/system` reaches Kafka and the store, `rapport/terminal` prints.
"""
