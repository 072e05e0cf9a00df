"""What a command and a terminal have to do with each other.

Read `output` first: lines and bars out. `lines` reads files and pipes line by line, `event_lines` the events in them,
`import_arguments` what commands for exports have in common, `record_lines` shows records, `failure` ends a command in a line.
"""
