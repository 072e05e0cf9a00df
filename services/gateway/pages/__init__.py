"""The template of the pages, and its style."""
