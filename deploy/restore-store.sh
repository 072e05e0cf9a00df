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

# The first nine bytes are the format, right behind them a server names itself. A newer format of the same kind is not read, and
# Redis 7's (up to REDIS0011) is the last that Valkey and Redis share. What the folder holds, its server wrote.
format() { head -c 9 "$1"; }
maker() { head -c 64 "$1" | tr -c '[:alnum:].-' ' ' | sed -n 's/.* \(redis\|valkey\)-ver *\([0-9.]*\).*/\1 \2/p'; }
there=
for held in "$folder"/appendonlydir/*.base.rdb "$folder/dump.rdb"; do
    if [ -z "$there" ] && [ -s "$held" ]; then there=$held; fi
done
if [ -z "$there" ]; then
    echo "nothing in $folder tells which server reads it: it has to be $(maker "$copy"), or a newer one of the same kind" >&2
elif [ "${RESTORE_ANYWAY:-}" != 1 ]; then
    from=$(format "$copy") to=$(format "$there") fits=no
    case $from in
    REDIS000? | REDIS0010 | REDIS0011) fits=yes ;;
    esac
    if [ "${from%"${from#REDIS}"}" = "${to%"${to#REDIS}"}" ]; then # both of Redis, or both of Valkey
        newer=$(printf '%s\n%s\n' "$from" "$to" | sort | tail -n 1)
        if [ "$newer" = "$to" ]; then fits=yes; else fits=no; fi
    fi
    if [ "$fits" = no ]; then
        echo "$copy is $from ($(maker "$copy")), the server of $folder writes $to ($(maker "$there")) and can not read it." \
            "Nothing was moved. Use the server that made the copy; RESTORE_ANYWAY=1 restores all the same" >&2
        exit 1
    fi
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
