# A lock is good when every requirement is pinned and hashed, and no line says where from.
FNR == 1 { close_requirement() ; file = FILENAME }
/^[[:space:]]*#/ { if ($0 ~ /https?:/) complain("an address in a comment"); next }
/https?:|^-|file:/ { if ($0 !~ /^-r /) complain("an address or an option") }
/^[A-Za-z0-9]/ { close_requirement(); name = $1; hashes = 0; if ($1 !~ /==/) complain("not pinned: " $1) }
/--hash=sha256:[0-9a-f]+/ { hashes++ }
END { close_requirement(); exit bad }
function close_requirement() { if (name != "" && hashes == 0) complain("no hash: " name); name = "" }
function complain(why) { print file ": " why > "/dev/stderr"; bad = 1 }
