"""What is known of a member before an import, and who is who.

`activity` says what the member's events told of people, meetings and days; `person` is somebody as a file names them;
`contacts` finds whom of the contacts that is. Calendars and address books share them.
"""
