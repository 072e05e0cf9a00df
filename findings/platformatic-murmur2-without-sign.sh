#!/bin/sh
# "Uses murmur2" is not "chooses Java's partitions": @platformatic/kafka agrees with 8 partitions, and not with 12.
#
# Java's producer takes the hash without its sign bit (& 0x7fffffff) before the remainder; the default partitioner of
# @platformatic/kafka takes the same hash as an unsigned number (>>> 0). The two differ by 2^31 for half of all keys, which is
# no difference where the number of partitions is a power of two. So a test with 8 partitions is green, and with 12
# half of the keys go elsewhere. Its `compatibilityPartitioner` chooses as Java does; KafkaJS' default does, too.
#
# One would guess: the same hash of the same bytes, by the same name, is the same partition.
# Needs Node 20 or newer.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @platformatic/kafka@1.35.0 kafkajs@2.2.4 >/dev/null 2>&1
cat >compare.mjs <<'JS'
import { compatibilityPartitioner, defaultPartitioner } from "@platformatic/kafka";
import kafkajs from "kafkajs";

const keys = Array.from({ length: 10_000 }, (_, number) => `member-${number}`);
const theirs = kafkajs.Partitioners.DefaultPartitioner();
let good = true;
console.log(`Node ${process.versions.node}; ${keys.length} keys, on another partition than by KafkaJS:`);
for (const count of [8, 12]) {
  const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader: 1 }));
  const elsewhere = (choose) =>
    keys.filter((key) => {
      const ours = choose({ topic: "t" }, Buffer.from(key)) % count;
      return ours !== theirs({ topic: "t", partitionMetadata, message: { key } });
    }).length;
  const [plain, compatible] = [elsewhere(defaultPartitioner), elsewhere(compatibilityPartitioner)];
  console.log(`  ${count} partitions: default ${plain}, compatibilityPartitioner ${compatible}`);
  good &&= compatible === 0 && (count === 8 ? plain === 0 : plain > 4500 && plain < 5500);
}
if (!good) {
  console.error("the behaviour has changed");
  process.exit(1);
}
JS
node compare.mjs
# Seen on Node 20.20.2:
#   8 partitions: default 0, compatibilityPartitioner 0
#   12 partitions: default 4924, compatibilityPartitioner 0
