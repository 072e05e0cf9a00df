"""What a command and a terminal have to do with each other.

Read `output` first: lines and bars out. `lines` reads files and pipes line by line, `record_lines` shows records, `failure`
ends a command in one line.
"""
