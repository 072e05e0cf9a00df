"""The template of the pages that the links in mails lead to, and the style (`page.css`) that members' own pages have, too."""
