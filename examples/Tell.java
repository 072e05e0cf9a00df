import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.CloudEventSerializer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Tells Rapport with CloudEvents' SDK that somebody has joined and wants to be reminded:
 * mvn dependency:build-classpath -Dmdep.outputFile=classpath; java -cp "$(cat classpath)" Tell.java KAFKA MEMBER
 */
public class Tell {
    private static final String TOPIC = "rapport.activity.v1";

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", arguments[0], "acks", "all");
        String member = arguments[1];
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new CloudEventSerializer())) {
            CloudEvent joined = event(member, member + "-joined", "rapport.member.joined",
                """
                {"name": "Ada", "zone": "Europe/London"}""");
            CloudEvent reminder = event(member, member + "-f-1", "rapport.followup.requested",
                """
                {"followup_id": "f-1", "what": "Call Grace", "due": "2199-12-01T09:00"}""");
            for (CloudEvent one : new CloudEvent[] {joined, reminder}) {
                producer.send(new ProducerRecord<>(TOPIC, member, one)).get(); // acknowledged; it throws: run it again
            }
        }
    }

    /** The same id again is the same event. */
    private static CloudEvent event(String member, String id, String type, String data) {
        return CloudEventBuilder.v1()
            .withId(id)
            .withSource(URI.create("/shop"))
            .withType(type)
            .withTime(OffsetDateTime.now(ZoneOffset.UTC))
            .withExtension("memberid", member)
            .withData("application/json", data.getBytes(StandardCharsets.UTF_8))
            .build();
    }
}
