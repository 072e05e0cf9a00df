// Tells one event for each of Kafka's codecs with KafkaJS: `node packed.cjs SERVERS TOPIC`, beside its node_modules.
// KafkaJS brings gzip; snappy and lz4 by its usual packages. Its own for zstd builds on no current Node, so any other does.
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require("kafkajs");
const Lz4 = require("kafkajs-lz4");
const zstd = require("@bokuweb/zstd-wasm");
CompressionCodecs[CompressionTypes.Snappy] = require("kafkajs-snappy");
CompressionCodecs[CompressionTypes.LZ4] = new Lz4().codec;
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer, 3)),
  decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
});
const [servers, topic] = process.argv.slice(2);
(async () => {
  await zstd.init();
  const producer = new Kafka({ brokers: [servers], logLevel: logLevel.ERROR }).producer();
  await producer.connect();
  for (const name of ["None", "GZIP", "Snappy", "LZ4", "ZSTD"]) {
    const attributes = { specversion: "1.0", id: name, source: "/product", type: "rapport.invite.sent", time: new Date().toISOString(), memberid: "ada" };
    const headers = Object.fromEntries(Object.entries(attributes).map(([key, text]) => [`ce_${key}`, text]));
    const value = JSON.stringify({ invite_id: name, contact: { id: "zoe", name: "Zoe" }, why: "to learn of soil ".repeat(20) });
    await producer.send({ topic, compression: CompressionTypes[name], messages: [{ key: "ada", value, headers: { ...headers, "content-type": "application/json" } }] });
    console.log(name);
  }
  await producer.disconnect();
})().catch((error) => { console.error(error); process.exit(1); });
