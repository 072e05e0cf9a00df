package race;

import java.util.Properties;
import java.time.Duration;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/** The job with Kafka Streams, exactly once: a store of invites, a store of timers by the instant at which they are due. */
public final class Race {
  static final String INVITES = "invites";
  static final String TIMERS = "timers";

  private Race() {}

  public static void main(String[] arguments) {
    var environment = System.getenv();
    var settings = new Properties();
    settings.put("application.id", environment.get("APP"));
    settings.put("bootstrap.servers", environment.get("KAFKA"));
    settings.put("state.dir", environment.get("FOLDER"));
    settings.put("num.stream.threads", "1");
    settings.put("processing.guarantee", "exactly_once_v2");
    settings.put("producer.linger.ms", "5");
    settings.put("producer.batch.size", "262144");
    settings.put("poll.ms", "10"); // 100 by default: the thread sleeps meanwhile, and timers are late
    var lead = Duration.ofMillis(Long.parseLong(environment.get("LEAD_MS")));
    var topology = new Topology();
    topology.addSource("activity", new ByteArrayDeserializer(), new ByteArrayDeserializer(), environment.get("ACTIVITY"));
    topology.addProcessor("job", () -> new Job(lead), "activity");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(INVITES), Serdes.String(), Serdes.ByteArray()), "job");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(TIMERS), Serdes.Bytes(), Serdes.ByteArray()), "job");
    topology.addSink("out", environment.get("OUT"), new ByteArraySerializer(), new ByteArraySerializer(), "job");
    var streams = new KafkaStreams(topology, settings);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
    streams.start();
  }
}
