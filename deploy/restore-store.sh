#!/bin/sh
# Lay a copy of the store (`rapport backup FILE`, or a snapshot of a provider: any RDB file) into the data folder of a
# Redis 7 or Valkey server that is stopped. The server finds it when it starts, with or without an append-only file.
#
#     deploy/restore-store.sh COPY DATA_FOLDER
#
# What the folder held before is moved aside into DATA_FOLDER/before-restore, never deleted. The services may run meanwhile:
# they wait for the store, and then read back from Kafka what the copy does not know.
set -eu

if [ $# -ne 2 ] || [ ! -f "$1" ] || [ ! -d "$2" ]; then
    echo "usage: $0 COPY DATA_FOLDER (a file, and a folder that is there)" >&2
    exit 2
fi
copy=$1 folder=$2 before=$2/before-restore

case $(head -c 6 "$copy") in
REDIS* | VALKEY) ;;
*) echo "$copy is no copy of a Redis or Valkey" >&2 && exit 1 ;;
esac
if [ -e "$before" ]; then
    echo "$before is there from an earlier restore: look at it, and remove it" >&2
    exit 1
fi

mkdir "$before"
for held in appendonlydir dump.rdb; do
    if [ -e "$folder/$held" ]; then mv "$folder/$held" "$before/$held"; fi
done
# With `appendonly yes` a server reads this folder and ignores dump.rdb; without, it reads dump.rdb alone.
mkdir "$folder/appendonlydir"
cp "$copy" "$folder/appendonlydir/appendonly.aof.1.base.rdb"
echo "file appendonly.aof.1.base.rdb seq 1 type b" > "$folder/appendonlydir/appendonly.aof.manifest"
cp "$copy" "$folder/dump.rdb"
# A server in a container runs as a user of its own: the files become that user's, where we may say so.
owner=$(ls -ldn "$folder" | awk '{ print $3 ":" $4 }')
chown -R "$owner" "$folder/appendonlydir" "$folder/dump.rdb" 2>/dev/null || true
echo "restored into $folder; what was there before is in $before: start the server"
