"""The people of *persistence*."""

from __future__ import annotations

from shared.contracts import Contact

LIN = Contact(id="lin-zhou", name="Lin Zhou", headline="Head of data at Harbour Analytics")
OMAR = Contact(id="omar-haddad", name="Omar Haddad", headline="Team lead at Fernway")
PRIYA = Contact(id="priya-nair", name="Priya Nair", headline="Product lead at Nordhaven")
JUN = Contact(id="jun-park", name="Jun Park", headline="Hydrologist who codes")
HANNA = Contact(id="hanna-lind", name="Hanna Lind", headline="Runs a reading group on old papers")
KWAME = Contact(id="kwame-mensah", name="Kwame Mensah", headline="Librarian at the city archive")
ZOE = Contact(id="zoe-moreau", name="Zoé Moreau", headline="Robotics engineer at Atelier Nord")
BEA = Contact(id="bea-wolf", name="Bea Wolf", headline="Writes about maps")
