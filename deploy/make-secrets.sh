#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, those that are missing, in a folder that is its owner's alone:
#     deploy/make-secrets.sh .secrets
# What is there stays as it is. The files themselves are readable: each container has a user of its own, and sees those
# files alone that it is given. On this machine the folder keeps others out.
set -eu

folder=${1:?which folder}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

missing() { # name: whether it is to be made
    [ ! -s "$folder/$1" ]
}

put() { # name, text: whole or not at all
    printf '%s\n' "$2" >"$folder/.$1.new"
    chmod 644 "$folder/.$1.new"
    mv "$folder/.$1.new" "$folder/$1"
}

chance() { # 192 bits
    head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# The store's password stands in two files, the server's and the services': both are made, or none.
if missing valkey.conf && missing rapport_redis; then
    password=$(chance)
    put valkey.conf "requirepass $password"
    put rapport_redis "redis://:$password@valkey:6379/0"
elif missing valkey.conf || missing rapport_redis; then
    echo "make-secrets: $folder: valkey.conf and rapport_redis belong together: one of them is missing" >&2
    exit 1
fi
missing rapport_smtp && put rapport_smtp "smtp://mailpit:1025"
missing rapport_link_secret && put rapport_link_secret "$(chance)"
missing grafana_password && put grafana_password "$(chance)"
exit 0
