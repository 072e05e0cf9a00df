"""One module per kind of files that can be imported, each with its `IMPORTER`. A module that is put here is used at once.

`shared/importing/registry.py` finds them; what a kind needs beyond a few lines stands in a folder of its own beside this one.
"""
