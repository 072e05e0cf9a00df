"""The templates of the mails: `digest.txt.j2`, complete in itself, and `digest.html.j2`."""
