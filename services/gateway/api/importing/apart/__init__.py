"""The process that reads one upload, with an end to its time and memory, and what the gateway and it say to each other.

Read `reading` (starts it), `child` (what it runs), `frames` (what the two say), `content` (what comes of a file).
"""
