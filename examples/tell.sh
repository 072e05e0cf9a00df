#!/bin/sh
# Tells Rapport over HTTP, with curl alone, that somebody has joined and wants to be reminded.
#     sh examples/tell.sh http://127.0.0.1:8080 .rapport/api-key ada
# What was not acknowledged is tried again. That is safe: the same id is the same event.
set -eu
door=$1 key=$2 member=$3
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

ask() { # method, path, content type, body: the key goes in by a pipe, so that no list of processes shows it
    printf 'authorization: Bearer %s\n' "$(cat "$key")" |
        curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused --max-time 30 --header @- \
            --request "$1" --header "content-type: $3" --data-binary "$4" "$door/v1/$2"
    echo
}

ask POST events application/cloudevents-batch+json "[
  {\"specversion\": \"1.0\", \"id\": \"$member-joined\", \"source\": \"/shop\", \"type\": \"rapport.member.joined\",
   \"time\": \"$now\", \"memberid\": \"$member\", \"data\": {\"name\": \"Ada\", \"zone\": \"Europe/London\"}},
  {\"specversion\": \"1.0\", \"id\": \"$member-f-1\", \"source\": \"/shop\", \"type\": \"rapport.followup.requested\",
   \"time\": \"$now\", \"memberid\": \"$member\",
   \"data\": {\"followup_id\": \"f-1\", \"what\": \"Call Grace\", \"due\": \"2199-12-01T09:00\"}}
]"
# The same from a member's page, as an action: the body's id is the event's.
ask POST "members/$member/followups" application/json \
    "{\"id\": \"$member-f-2\", \"followup_id\": \"f-2\", \"what\": \"Write to Mei\", \"due\": \"2199-12-02T09:00\"}"
