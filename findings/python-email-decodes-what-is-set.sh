#!/usr/bin/env bash
# Python's email package decodes an encoded word that stands in a text which a program sets as a header.
#
# One would guess: what is set as Subject or as a display name is text, and comes out as it was set.
# What is so: `policy.default` parses the text as if it had come over the wire. A person who is called
# "Pay =?utf-8?q?me_now?=" appears as "Pay me now", in the message itself and in what a reader of the bytes sees. So text
# from others can not be set as it is: it has to be encoded first, by hand.
set -euo pipefail
python3 - <<'PY'
import sys
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage

NAME = "Pay =?utf-8?q?me_now?="
mail = EmailMessage(policy=policy.SMTP)
mail["Subject"] = f"Hello {NAME}"
mail["To"] = Address(NAME, "ada", "example.org")
mail.set_content("x")
read = message_from_bytes(mail.as_bytes(), policy=policy.default)
print("Python", sys.version.split()[0])
print("set:     ", f"Hello {NAME}")
print("held:    ", mail["Subject"])
print("read:    ", read["Subject"])
print("name set:", NAME)
print("name:    ", read["To"].addresses[0].display_name)
decoded = mail["Subject"] == read["Subject"] == "Hello Pay me now"
named = read["To"].addresses[0].display_name == "Pay me now"
sys.exit(0 if decoded and named else "the behaviour has changed")
PY
echo "as described"
