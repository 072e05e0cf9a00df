import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventDeserializer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Hears with CloudEvents' SDK what Rapport says, each event once, and ends after so many:
 * mvn dependency:build-classpath -Dmdep.outputFile=classpath; java -cp "$(cat classpath)" Hear.java KAFKA COUNT
 */
public class Hear {
    public static void main(String[] arguments) throws Exception {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", arguments[0],
            "group.id", "shop-reminders-java",
            "isolation.level", "read_committed", // without it you see what was taken back
            "auto.offset.reset", "earliest",
            "enable.auto.commit", false);
        int count = Integer.parseInt(arguments[1]);
        Set<String> seen = new HashSet<>(); // a product keeps them with what it shows: best as a unique key
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new CloudEventDeserializer())) {
            consumer.subscribe(List.of("rapport.followups.v1"));
            while (seen.size() < count) {
                for (ConsumerRecord<String, CloudEvent> record : consumer.poll(Duration.ofSeconds(1))) {
                    if (seen.add(record.value().getId())) {
                        hear(record.value());
                    }
                }
                consumer.commitSync(); // after it was acted on
            }
        }
    }

    private static void hear(CloudEvent event) throws Exception {
        JsonNode data = new ObjectMapper().readTree(event.getData().toBytes());
        String what = event.getExtension("memberid") + " " + data.path("followup_id").asText();
        if (event.getType().equals("rapport.followup.due") && data.path("push").asBoolean()) {
            System.out.println("show " + what);
        }
        if (event.getType().equals("rapport.followup.scheduled")) {
            System.out.println("planned " + what);
        }
    }
}
