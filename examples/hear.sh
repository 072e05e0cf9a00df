#!/bin/sh
# Hears over HTTP, with curl alone, what comes for a member, each event once, and ends after so many.
#     sh examples/hear.sh http://127.0.0.1:8080 .rapport/api-key ada 3 heard
# The folder `heard` keeps the ids of what was heard, and where to go on: run it again, and it hears what came meanwhile.
set -eu
door=$1 key=$2 member=$3 count=$4 kept=$5
mkdir -p "$kept"
touch "$kept/ids" "$kept/place"

field() { # name: the first text of that name in the event
    printf '%s\n' "$data" | grep -o "\"$1\": *\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4
}

heard() { # a product shows it to the member, or takes it away again
    if [ "$event" = reset ]; then
        echo "agenda $data" # as it is now: show this and nothing else
    elif ! grep -qxF "$(field id)" "$kept/ids"; then
        echo "$event $(field followup_id)"
        field id >>"$kept/ids"
    fi
    echo "$place" >"$kept/place"
}

so_far=$(wc -l <"$kept/ids")
while [ "$(wc -l <"$kept/ids")" -lt $((so_far + count)) ]; do
    rm -f "$kept/pipe"
    mkfifo "$kept/pipe"
    # The key goes in by a pipe, so that no list of processes shows it.
    curl --silent --show-error --fail --no-buffer --header @- "$door/v1/members/$member/stream" >"$kept/pipe" <<HEADERS &
authorization: Bearer $(cat "$key")
last-event-id: $(cat "$kept/place")
HEADERS
    stream=$!
    data=
    while [ "$(wc -l <"$kept/ids")" -lt $((so_far + count)) ] && IFS= read -r line; do
        case $line in
        "id: "*) place=${line#id: } ;;
        "event: "*) event=${line#event: } ;;
        "data: "*) data=${line#data: } ;;
        "") [ -z "$data" ] || heard; data= ;;
        esac
    done <"$kept/pipe"
    kill "$stream" 2>/dev/null || sleep 2 # it has ended by itself: a moment, then it is taken up again
done
rm "$kept/pipe"
