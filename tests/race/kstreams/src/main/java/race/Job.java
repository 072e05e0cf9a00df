package race;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Schedules, cancels and fires; looks every 10 ms for what is due. */
final class Job implements Processor<byte[], byte[], byte[], byte[]> {
  static final Duration EVERY = Duration.ofMillis(10);
  static final int FIRED_AT_ONCE = 5000;
  static final ObjectMapper JSON = new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

  public static final class Contact {
    public String id;
  }

  public static final class Data {
    public String invite_id;
    public Contact contact;
  }

  public static final class State {
    public boolean pending;
    public long due;
    public String member;
    public String contact;
  }

  private final Duration lead;
  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<String, byte[]> invites;
  private KeyValueStore<Bytes, byte[]> timers;
  private long next; // Nothing is due before: until then nobody walks through the store.

  Job(Duration lead) {
    this.lead = lead;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    invites = context.getStateStore(Race.INVITES);
    timers = context.getStateStore(Race.TIMERS);
    context.schedule(EVERY, PunctuationType.WALL_CLOCK_TIME, now -> fire());
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    try {
      String type = header(record, "ce_type");
      if (type.equals("rapport.invite.sent")) {
        schedule(record);
      } else if (type.equals("rapport.invite.declined")) {
        cancel(record);
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private void schedule(Record<byte[], byte[]> record) throws IOException {
    Data data = JSON.readValue(record.value(), Data.class);
    if (invites.get(data.invite_id) != null) {
      return;
    }
    String time = header(record, "ce_time");
    var state = new State();
    state.pending = true;
    state.due = Instant.parse(time).plus(lead).toEpochMilli();
    state.member = new String(record.key(), UTF_8);
    state.contact = data.contact.id;
    invites.put(data.invite_id, JSON.writeValueAsBytes(state));
    timers.put(timer(state.due, data.invite_id), new byte[0]);
    next = Math.min(next, state.due);
    say(data.invite_id, "scheduled", state, time, record.timestamp());
  }

  private void cancel(Record<byte[], byte[]> record) throws IOException {
    Data data = JSON.readValue(record.value(), Data.class);
    byte[] stored = invites.get(data.invite_id);
    if (stored == null) {
      return;
    }
    State state = JSON.readValue(stored, State.class);
    if (!state.pending) {
      return;
    }
    timers.delete(timer(state.due, data.invite_id));
    close(data.invite_id, state);
    say(data.invite_id, "cancelled", state, header(record, "ce_time"), record.timestamp());
  }

  private void fire() {
    long now = System.currentTimeMillis();
    if (now < next) {
      return;
    }
    var due = new ArrayList<Bytes>();
    next = Long.MAX_VALUE;
    try (var all = timers.range(timer(0, ""), null)) {
      while (all.hasNext()) {
        Bytes key = all.next().key;
        long at = ByteBuffer.wrap(key.get()).getLong();
        if (at > now || due.size() >= FIRED_AT_ONCE) {
          next = at;
          break;
        }
        due.add(key);
      }
    }
    try {
      for (Bytes key : due) {
        String invite = new String(key.get(), Long.BYTES, key.get().length - Long.BYTES, UTF_8);
        State state = JSON.readValue(invites.get(invite), State.class);
        timers.delete(key);
        close(invite, state);
        say(invite, "due", state, Instant.ofEpochMilli(state.due).toString(), now);
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private void close(String invite, State state) throws IOException {
    state.pending = false;
    invites.put(invite, JSON.writeValueAsBytes(state));
  }

  private void say(String invite, String kind, State state, String time, long timestamp) throws IOException {
    byte[] value = JSON.writeValueAsBytes(
        Map.of("invite_id", invite, "contact_id", state.contact, "due_at", Instant.ofEpochMilli(state.due).toString()));
    Headers headers = new RecordHeaders();
    headers.add("ce_specversion", "1.0".getBytes(UTF_8));
    headers.add("ce_id", (invite + ":" + kind).getBytes(UTF_8));
    headers.add("ce_source", "/race/kafka-streams".getBytes(UTF_8));
    headers.add("ce_type", ("race." + kind).getBytes(UTF_8));
    headers.add("ce_time", time.getBytes(UTF_8));
    headers.add("ce_memberid", state.member.getBytes(UTF_8));
    headers.add("content-type", "application/json".getBytes(UTF_8));
    context.forward(new Record<>(state.member.getBytes(UTF_8), value, timestamp, headers));
  }

  private static Bytes timer(long due, String invite) {
    byte[] name = invite.getBytes(UTF_8);
    return Bytes.wrap(ByteBuffer.allocate(Long.BYTES + name.length).putLong(due).put(name).array());
  }

  private static String header(Record<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), UTF_8);
  }
}
