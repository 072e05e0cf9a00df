"""A digest in words, as text and as HTML: pure, the same content gives the same words. Read `render` first."""
