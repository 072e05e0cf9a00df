"""Imports by upload: `spool` takes a file in, `work` has it read and publishes what it holds, `status` says how far it is.

A file is read by a process of its own with an end to its time and memory: `reading` starts it, `child` is what it runs,
`frames` what the two say, `content` what comes of a file.

Between the look ahead and the word that it counts the events stand in the store (`kept`), for a while and for any process;
the file itself is gone as soon as it is read.
"""
