#!/bin/sh
# A display name of more than one encoded word does not survive Python's own mail parser.
#
# RFC 2047, section 6.2: white space between two encoded words is ignored when they are shown. So a long name that a writer
# folds into two encoded words is still one name. Python's `email` with `policy.default` writes such a fold itself, reads it
# back, and puts a space in the middle of the word. The older `email.header.decode_header` reads the same bytes rightly.
# The same holds for what other writers fold. Subjects (no structure) come back whole.
#
# One would guess: a name that `EmailMessage` wrote is the name that `EmailMessage` reads.
# Needs any of the Pythons below; nothing to install, since it is the standard library.
set -eu
seen=0
for python in ${PYTHONS:-python3 python3.11 python3.12 python3.13 python3.14}; do
    "$python" -c '' 2>/dev/null || continue
    seen=1
    "$python" - <<'PYTHON'
import platform
import sys
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage

NAME = "Żółć" * 14
mail = EmailMessage(policy=policy.SMTP)
mail["To"] = Address(NAME, "ada", "example.org")
mail["Subject"] = NAME
raw = mail.as_bytes()
words = raw.count(b"=?utf-8?") // 2
back = message_from_bytes(raw, policy=policy.default)
name, subject = back["To"].addresses[0].display_name, str(back["Subject"])
old = message_from_bytes(raw, policy=policy.compat32)
plain = str(make_header(decode_header(old["To"].rpartition("<")[0].strip())))
print(f"Python {platform.python_version()}: {words} encoded words")
print(f"  written        {NAME}")
print(f"  policy.default {name}")
print(f"  decode_header  {plain}")
print(f"  its Subject    {subject}")
if not (name != NAME and name.replace(" ", "") == NAME and plain == NAME and subject == NAME):
    sys.exit("the behaviour has changed")
PYTHON
done
[ "$seen" = 1 ] || { echo "no Python here" >&2; exit 1; }
# Seen on 3.11.7, 3.12.1 and 3.13.0, alike:
#   policy.default ŻółćŻółćŻ ółćŻółć… : a space after each encoded word; everything else as it was written.
