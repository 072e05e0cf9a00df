# What pip says as it installs, as one line: counted in place on a terminal (-v terminal=1), once at the end elsewhere.
/^Collecting/ { ++n; if (terminal) { printf "\rsetup: %3d packages", n; fflush() } }
/^Installing/ { if (terminal) { printf ", installing ..."; fflush() } }
END { if (n) print (terminal ? "" : "setup: " n " packages") }
