"""The template, with its style, of the pages that the links in mails lead to."""
