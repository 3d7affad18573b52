import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The Java client told what to do: a command a line on standard input, an answer or an event a line on standard output,
 * in the words of python/driver.py beside it. Commands of one object run in their order, those of others beside them.
 */
public final class Driver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration CALL = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(50);
    private static String bootstrap;

    /** Something that a command is for. */
    interface Target {
        Object call(String op, JsonNode command) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        bootstrap = args[0];
        Map<String, Lane> lanes = new HashMap<>();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            JsonNode command = JSON.readTree(line);
            String name = command.get("name").asText();
            lanes.computeIfAbsent(name, key -> new Lane()).take(command);
            if (command.get("op").asText().equals("close")) lanes.remove(name);
        }
        Runtime.getRuntime().halt(0);
    }

    static synchronized void tell(Map<String, Object> message) {
        try {
            byte[] line = (JSON.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8);
            System.out.write(line, 0, line.length);
            System.out.flush();
        } catch (Exception error) {
            Runtime.getRuntime().halt(1);
        }
    }

    /** The message of an error with those of its causes. */
    static String reason(Throwable error) {
        StringBuilder reason = new StringBuilder();
        for (Throwable at = error; at != null; at = at.getCause()) {
            if (reason.length() > 0) reason.append(": ");
            reason.append(at.getClass().getSimpleName()).append(": ").append(at.getMessage());
        }
        return reason.toString();
    }

    /** Runs the commands of one object in their order. */
    static final class Lane {
        private final ExecutorService thread = Executors.newSingleThreadExecutor();
        private Target target;

        void take(JsonNode command) {
            thread.execute(() -> run(command));
            if (command.get("op").asText().equals("close")) thread.shutdown();
        }

        private void run(JsonNode command) {
            Map<String, Object> answer = new HashMap<>();
            answer.put("id", command.get("id").asInt());
            try {
                String op = command.get("op").asText();
                if (op.equals("open")) target = open(command);
                else answer.put("result", target.call(op, command));
            } catch (Throwable error) {
                answer.put("error", reason(error));
            }
            tell(answer);
        }
    }

    static Target open(JsonNode command) {
        switch (command.get("kind").asText()) {
            case "admin": return new Administration();
            case "producer": return new AnyProducer(command);
            case "reader": return new Reader(command);
            case "transform": return new Transform(command);
            case "partitionReader": return new PartitionReader(command);
            default: throw new IllegalArgumentException("no kind " + command.get("kind"));
        }
    }

    static Properties config(String... pairs) {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("client.id", "conformance");
        for (int at = 0; at < pairs.length; at += 2) config.put(pairs[at], pairs[at + 1]);
        return config;
    }

    static KafkaProducer<String, String> producer(Properties config) {
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(Properties config) {
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }

    /** Calls again after the client's own time is up, for as long as it says that the same call may be made again. */
    static void retried(Runnable call) {
        for (int attempt = 0; ; attempt++) {
            try {
                call.run();
                return;
            } catch (TimeoutException error) {
                if (attempt == 2) throw error;
            }
        }
    }

    static final class Administration implements Target {
        private final Admin admin = Admin.create(config());

        @Override
        public Object call(String op, JsonNode command) throws Exception {
            switch (op) {
                case "version":
                    Properties version = new Properties();
                    version.load(Admin.class.getResourceAsStream("/kafka/kafka-version.properties"));
                    return version.getProperty("version");
                case "createTopic":
                    String topic = command.get("topic").asText();
                    NewTopic wanted = new NewTopic(topic, command.get("partitions").asInt(), (short) -1);
                    admin.createTopics(List.of(wanted)).all().get();
                    return null;
                default:
                    admin.close();
                    return null;
            }
        }
    }

    /** A producer, with transactions where it has a transactional id. */
    static final class AnyProducer implements Target {
        private final KafkaProducer<String, String> producer;

        AnyProducer(JsonNode command) {
            Properties config = config("acks", "all");
            command.get("settings").fields().forEachRemaining(entry -> config.put(entry.getKey(), entry.getValue().asText()));
            producer = producer(config);
            if (config.containsKey("transactional.id")) retried(producer::initTransactions);
        }

        @Override
        public Object call(String op, JsonNode command) throws Exception {
            switch (op) {
                case "send": send(command); break;
                case "begin": producer.beginTransaction(); break;
                case "commit": retried(producer::commitTransaction); break;
                case "abort": retried(producer::abortTransaction); break;
                // What is open is left to the successor, as by a crash.
                default: producer.close(Duration.ZERO);
            }
            return null;
        }

        private void send(JsonNode command) throws Exception {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (JsonNode record : command.get("records")) {
                ProducerRecord<String, String> made = new ProducerRecord<>(
                    command.get("topic").asText(), record.get("key").textValue(), record.get("value").textValue());
                if (command.has("headers")) {
                    command.get("headers").fields().forEachRemaining(header ->
                        made.headers().add(header.getKey(), header.getValue().asText().getBytes(StandardCharsets.UTF_8)));
                }
                sent.add(producer.send(made));
            }
            producer.flush();
            for (Future<RecordMetadata> future : sent) future.get();
        }
    }

    /** Something that runs in a thread of its own until it is closed, and tells what ends it before. */
    abstract static class Loop implements Target {
        private final Thread thread;
        final String name;
        volatile boolean isClosing = false;

        Loop(JsonNode command) {
            name = command.get("name").asText();
            thread = new Thread(() -> {
                try {
                    run();
                } catch (Throwable error) {
                    tell(Map.of("event", "failure", "name", name, "error", reason(error)));
                }
            });
        }

        void begin() {
            thread.start();
        }

        abstract void run();

        @Override
        public Object call(String op, JsonNode command) throws Exception {
            isClosing = true;
            thread.join();
            return null;
        }
    }

    static final class Reader extends Loop {
        private final JsonNode command;

        Reader(JsonNode command) {
            super(command);
            this.command = command;
            begin();
        }

        @Override
        void run() {
            boolean isInGroup = command.has("group");
            Properties config = config("auto.offset.reset", "earliest", "heartbeat.interval.ms", "500",
                "auto.commit.interval.ms", "500", "enable.auto.commit", String.valueOf(isInGroup),
                "isolation.level", "read_committed");
            if (isInGroup) config.put("group.id", command.get("group").asText());
            String topic = command.get("topic").asText();
            try (KafkaConsumer<String, String> consumer = consumer(config)) {
                if (isInGroup) {
                    consumer.subscribe(List.of(topic));
                } else {
                    List<TopicPartition> partitions = new ArrayList<>();
                    consumer.partitionsFor(topic, CALL).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
                    consumer.assign(partitions);
                    consumer.seekToBeginning(partitions);
                }
                while (!isClosing) {
                    for (ConsumerRecord<String, String> record : consumer.poll(POLL)) hand(record);
                }
            }
        }

        private void hand(ConsumerRecord<String, String> record) {
            Map<String, Object> event = new HashMap<>();
            Map<String, String> headers = new HashMap<>();
            for (Header header : record.headers()) headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
            event.put("event", "record");
            event.put("name", name);
            event.put("partition", record.partition());
            event.put("offset", record.offset());
            event.put("key", record.key());
            event.put("value", record.value());
            event.put("headers", headers);
            tell(event);
        }
    }

    /** Consumes, transforms and produces in transactions. */
    static final class Transform extends Loop {
        private final JsonNode command;
        private final KafkaProducer<String, String> producer;

        Transform(JsonNode command) {
            super(command);
            this.command = command;
            producer = producer(config("transactional.id", command.get("transactionalId").asText()));
            retried(producer::initTransactions);
            begin();
        }

        @Override
        void run() {
            Properties config = config("group.id", command.get("group").asText(), "auto.offset.reset", "earliest",
                "enable.auto.commit", "false", "isolation.level", "read_committed", "max.poll.records", "20",
                "heartbeat.interval.ms", "500");
            int batches = 0;
            try (KafkaConsumer<String, String> consumer = consumer(config)) {
                consumer.subscribe(List.of(command.get("input").asText()));
                while (!isClosing) {
                    List<ConsumerRecord<String, String>> records = new ArrayList<>();
                    consumer.poll(POLL).forEach(records::add);
                    if (records.isEmpty()) continue;
                    if (batches++ % command.get("abortEvery").asInt() == 0) {
                        attempt(consumer, records, command.get("aborted").asText());
                        retried(producer::abortTransaction);
                        tell(Map.of("event", "ended", "name", name, "outcome", "abort"));
                    }
                    attempt(consumer, records, command.get("committed").asText());
                    retried(producer::commitTransaction);
                    tell(Map.of("event", "ended", "name", name, "outcome", "commit"));
                }
            } finally {
                producer.close();
            }
        }

        private void attempt(KafkaConsumer<String, String> consumer, List<ConsumerRecord<String, String>> records, String suffix) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            producer.beginTransaction();
            for (ConsumerRecord<String, String> record : records) {
                producer.send(new ProducerRecord<>(command.get("output").asText(), record.key(), record.value() + suffix));
                offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
            }
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        }
    }

    /** Reads partition 0 from an offset until its position is where the isolation level ends. */
    static final class PartitionReader implements Target {
        private final KafkaConsumer<String, String> consumer;
        private final TopicPartition partition;

        PartitionReader(JsonNode command) {
            partition = new TopicPartition(command.get("topic").asText(), 0);
            Properties config = config("isolation.level", command.get("isolation").asText(), "enable.auto.commit", "false",
                "fetch.max.wait.ms", "20", "auto.offset.reset", "none");
            if (command.get("fetches").asText().equals("batch")) config.put("max.partition.fetch.bytes", "1");
            consumer = consumer(config);
            consumer.assign(List.of(partition));
        }

        @Override
        public Object call(String op, JsonNode command) {
            if (op.equals("close")) {
                consumer.close();
                return null;
            }
            List<Map<String, Object>> seen = new ArrayList<>();
            long end = consumer.endOffsets(List.of(partition), CALL).get(partition);
            consumer.seek(partition, command.get("offset").asLong());
            long deadline = System.nanoTime() + CALL.toNanos();
            while (consumer.position(partition, CALL) < end) {
                if (System.nanoTime() > deadline) throw new IllegalStateException("at " + consumer.position(partition) + " of " + end);
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(5))) {
                    Map<String, Object> one = new HashMap<>();
                    one.put("offset", record.offset());
                    one.put("value", record.value());
                    seen.add(one);
                }
            }
            return seen;
        }
    }
}
