"""The demo: scenes are played through the real services on a virtual clock and told as a transcript.

Read `clock_driver` first.
"""
