"""Where members can be reminded in apps of theirs: addresses, how each is sealed and asked, and what an answer means."""
