"""One module per kind of files that can be imported, each with its `IMPORTER`. A module that is put here is used at once.

Read `facebook`, which is one whole, then `linkedin`, `calendar` and `contacts`: what these need beyond a few lines stands in
a folder of its own beside this one. `shared/importing/registry` finds them all.
"""
