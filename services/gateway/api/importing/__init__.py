"""Imports by upload: `spool` takes a file in, `work` has it read and publishes what it holds, `status` says how far it is.

A file is read by a process of its own with an end to its time and memory: it stands in `apart`.

Between the look ahead and the word that it counts the events stand in the store (`kept`), for a while and for any process;
the file itself is gone as soon as it is read.
"""
