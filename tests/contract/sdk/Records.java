// Prints what CloudEvents' SDK for Java makes of two events, as lines: event, mode, value, then name=value of each header, all
// values in base64 and "-" for null. Java 17: `java -cp CLASSPATH Records.java`.
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.kafka.CloudEventSerializer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;

public class Records {
    public static void main(String[] arguments) {
        String data = "{\"invite_id\":\"inv-1\",\"contact\":{\"id\":\"zoe\",\"name\":\"Zo\u00eb \u0141uk\"},"
            + "\"why\":\"the talk in Gda\u0144sk\"}";
        byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
        CloudEvent sent = event("sent", "rapport.invite.sent").withData("application/json", bytes).build();
        for (CloudEvent event : List.of(sent, event("erased", "rapport.member.erased").build())) {
            print(event, "binary", Map.of(CloudEventSerializer.ENCODING_CONFIG, Encoding.BINARY));
            print(event, "structured", Map.of(
                CloudEventSerializer.ENCODING_CONFIG, Encoding.STRUCTURED,
                CloudEventSerializer.EVENT_FORMAT_CONFIG, JsonFormat.CONTENT_TYPE));
        }
    }

    private static CloudEventBuilder event(String name, String type) {
        return CloudEventBuilder.v1().withId("evt-" + name).withSource(URI.create("/product")).withType(type)
            .withTime(OffsetDateTime.parse("2026-11-03T09:00:00.000Z"))
            .withExtension("memberid", "zo\u00eb").withExtension("partitionkey", "zo\u00eb");
    }

    private static void print(CloudEvent event, String mode, Map<String, Object> settings) {
        RecordHeaders headers = new RecordHeaders();
        StringBuilder line = new StringBuilder(event.getId().substring(4)).append('\t').append(mode);
        try (CloudEventSerializer serializer = new CloudEventSerializer()) {
            serializer.configure(settings, false);
            line.append('\t').append(text(serializer.serialize("rapport.activity.v1", headers, event)));
        }
        for (Header header : headers) {
            line.append('\t').append(header.key()).append('=').append(text(header.value()));
        }
        System.out.println(line);
    }

    private static String text(byte[] value) {
        return value == null ? "-" : Base64.getEncoder().encodeToString(value);
    }
}
