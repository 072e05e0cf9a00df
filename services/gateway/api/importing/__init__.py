"""Imports by upload: `spool` takes a file in, `work` reads it and publishes what it holds, `status` says how far it is.

Between the look ahead and the word that it counts the events stand in the store (`kept`), for a while and for any process;
the file itself is gone as soon as it is read.
"""
