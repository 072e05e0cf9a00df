"""The demo: scenes are played through the real services on a virtual clock and put down as a transcript.

Read `clock_driver` first, then `scenes` (what happens in each) and `playing` (the command). `transcript` and `summary` are
what it prints, `mailbox` reads the mails, `staying` is `--stay`.
"""
