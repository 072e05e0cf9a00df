"""Imports by upload: `spool` takes a file in, `work` has it read and publishes it, `status` says how far it is.

How large a file may be, and how slow: `spool`; how many at once: `places`; how much time and memory reading may take:
`apart`, a process of its own; why an import is refused: `refusals`.

Between the look ahead and the word that it counts the events stand in the store (`kept`), for a while and for any process;
the file itself is gone as soon as it is read. Of who is erased by the API (`services/gateway/api/routes/actions`) `work`
lets it go at once; of who is erased in another way it ends by itself, and is not published.
"""
