"""Files as people bring them: zips, folders, CSV that a spreadsheet has saved again; bounded, and never believed.

Read `archive` (what an export is opened as), `zipped` and `entries` (which files of it are looked at), `table` (rows of a CSV
file) with `resaved` (a row that was saved as one cell), then `counted`, which bounds what is read. The bounds:
`shared/importing/limits`.
"""
