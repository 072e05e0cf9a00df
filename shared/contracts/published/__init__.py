"""Writes the published language for people and programs outside: AsyncAPI and JSON Schema.

Read `publish` first: `make docs` runs it. `asyncapi` writes the document, `bundle` puts its parts into one file.
"""
