"""confluent-kafka (librdkafka) told what to do: a command a line on stdin, an answer or an event a line on stdout.

A command is {"id", "op", "name", ...}; "name" is the object that it is for, and commands of one object run in their order,
those of different objects beside each other. The answer is {"id", "result"} or {"id", "error"}; a record that a reader hands
out, or what a loop tells, is {"event", "name", ...}. The driver ends with its input.
"""

import json
import os
import queue
import sys
import threading

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition, libversion, version
from confluent_kafka.admin import AdminClient, NewTopic

CALL_S = 60
POLL_S = 0.05
BEHIND_THE_END_S = 0.2
BATCH_MAX = 20
BOOTSTRAP = sys.argv[1]
out = threading.Lock()


def tell(message):
    with out:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def config(**settings):
    named = {key.replace("_", "."): value for key, value in settings.items()}
    return {"bootstrap.servers": BOOTSTRAP, "client.id": "conformance", "log_level": 0, **named}


def text(data):
    return None if data is None else data.decode()


class AnyProducer:
    """A producer, with transactions where it has a transactional id."""

    def __init__(self, command):
        settings = command["settings"]
        self.producer = Producer({**config(acks="all"), **settings})
        if "transactional.id" in settings:
            self.producer.init_transactions(CALL_S)

    def send(self, command):
        failures = []
        headers = list(command.get("headers", {}).items())
        records = command["records"]
        left = [len(records)]

        def delivered(error, _message):
            left[0] -= 1
            if error is not None:
                failures.append(error)

        for record in records:
            while True:
                try:
                    self.producer.produce(
                        command["topic"], key=record["key"], value=record["value"], headers=headers, on_delivery=delivered
                    )
                    break
                except BufferError:
                    self.producer.poll(POLL_S)
        while left[0] > 0:
            self.producer.poll(POLL_S)
        if failures:
            raise KafkaException(failures[0])

    def begin(self, _command):
        self.producer.begin_transaction()

    def commit(self, _command):
        retried(lambda: self.producer.commit_transaction(CALL_S))

    def abort(self, _command):
        retried(lambda: self.producer.abort_transaction(CALL_S))

    def close(self, _command):
        self.producer = None


def retried(call):
    """Calls again while librdkafka says that this is what to do."""
    while True:
        try:
            return call()
        except KafkaException as error:
            if not error.args[0].retriable():
                raise


class Reader:
    """Reads in a thread until it is closed."""

    def __init__(self, command):
        self.name = command["name"]
        group = command.get("group")
        settings = {"auto.offset.reset": "earliest", "heartbeat.interval.ms": 500, "auto.commit.interval.ms": 500}
        settings["group.id"] = group or f"unused-{self.name}-{os.getpid()}"
        settings["enable.auto.commit"] = group is not None
        self.consumer = Consumer({**config(), **settings})
        if group is None:
            partitions = self.consumer.list_topics(command["topic"], CALL_S).topics[command["topic"]].partitions
            self.consumer.assign([TopicPartition(command["topic"], number, 0) for number in partitions])
        else:
            self.consumer.subscribe([command["topic"]])
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while not self.closing.is_set():
                message = self.consumer.poll(POLL_S)
                if message is None:
                    continue
                # The loss of a connection is told as an error and ends nothing.
                if message.error() is not None:
                    if message.error().fatal():
                        raise KafkaException(message.error())
                    continue
                headers = {key: text(value) for key, value in message.headers() or []}
                tell(
                    {
                        "event": "record",
                        "name": self.name,
                        "partition": message.partition(),
                        "offset": message.offset(),
                        "key": text(message.key()),
                        "value": text(message.value()),
                        "headers": headers,
                    }
                )
        except Exception as error:
            tell({"event": "failure", "name": self.name, "error": str(error)})

    def close(self, _command):
        self.closing.set()
        self.thread.join()
        self.consumer.close()


class Transform:
    """Consumes, transforms and produces in transactions until it is closed."""

    def __init__(self, command):
        self.command = command
        self.producer = Producer(config(transactional_id=command["transactionalId"]))
        self.producer.init_transactions(CALL_S)
        self.consumer = Consumer(
            {
                **config(group_id=command["group"], auto_offset_reset="earliest", heartbeat_interval_ms=500),
                "enable.auto.commit": False,
            }
        )
        self.consumer.subscribe([command["input"]])
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        batches = 0
        try:
            while not self.closing.is_set():
                messages = [m for m in self.consumer.consume(BATCH_MAX, POLL_S) if m.error() is None]
                if not messages:
                    continue
                if batches % self.command["abortEvery"] == 0:
                    self.attempt(messages, self.command["aborted"])
                    retried(lambda: self.producer.abort_transaction(CALL_S))
                    tell({"event": "ended", "name": self.command["name"], "outcome": "abort"})
                batches += 1
                self.attempt(messages, self.command["committed"])
                retried(lambda: self.producer.commit_transaction(CALL_S))
                tell({"event": "ended", "name": self.command["name"], "outcome": "commit"})
        except Exception as error:
            tell({"event": "failure", "name": self.command["name"], "error": str(error)})

    def attempt(self, messages, suffix):
        self.producer.begin_transaction()
        for message in messages:
            value = message.value() + suffix.encode()
            self.producer.produce(self.command["output"], key=message.key(), value=value)
        ends = {}
        for message in messages:
            ends[message.partition()] = message.offset() + 1
        offsets = [TopicPartition(self.command["input"], partition, offset) for partition, offset in ends.items()]
        metadata = self.consumer.consumer_group_metadata()
        retried(lambda: self.producer.send_offsets_to_transaction(offsets, metadata, CALL_S))

    def close(self, _command):
        self.closing.set()
        self.thread.join()
        self.consumer.close()


class PartitionReader:
    """Reads partition 0 from an offset to where librdkafka says that it ends."""

    def __init__(self, command):
        self.topic = command["topic"]
        batchwise = {"fetch.message.max.bytes": 1} if command["fetches"] == "batch" else {}
        self.consumer = Consumer(
            {
                **config(group_id=f"unused-{os.getpid()}", isolation_level=command["isolation"], fetch_wait_max_ms=20),
                **batchwise,
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )

    def readFrom(self, command):
        seen = []
        offset = command["offset"]
        # Of an end that lies before where it reads it says nothing: then there is nothing to come.
        _, end = self.consumer.get_watermark_offsets(TopicPartition(self.topic, 0), CALL_S)
        patience = CALL_S if offset <= end else BEHIND_THE_END_S
        self.consumer.assign([TopicPartition(self.topic, 0, offset)])
        while True:
            message = self.consumer.poll(patience)
            if message is None:
                if offset > end:
                    break
                raise RuntimeError(f"from {offset} no end within {CALL_S} s; it is {end}; {len(seen)} records came")
            error = message.error()
            if error is None:
                seen.append({"offset": message.offset(), "value": text(message.value())})
            elif error.code() == KafkaError._PARTITION_EOF:
                break
            elif error.fatal():
                raise KafkaException(error)
        self.consumer.unassign()
        return seen

    def close(self, _command):
        self.consumer.close()


class Admin:
    """Makes topics, and tells which versions do the work."""

    def __init__(self, _command):
        self.client = AdminClient(config())

    def createTopic(self, command):
        created = self.client.create_topics([NewTopic(command["topic"], num_partitions=command["partitions"])])
        created[command["topic"]].result(CALL_S)

    def version(self, _command):
        return f"{libversion()[0]} (confluent-kafka {version()})"

    def close(self, _command):
        self.client = None


KINDS = {
    "producer": AnyProducer,
    "reader": Reader,
    "transform": Transform,
    "partitionReader": PartitionReader,
    "admin": Admin,
}


class Lane:
    """Runs the commands of one object in their order."""

    def __init__(self):
        self.commands = queue.Queue()
        self.object = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            command = self.commands.get()
            try:
                if command["op"] == "open":
                    self.object = KINDS[command["kind"]](command)
                    result = None
                else:
                    result = getattr(self.object, command["op"])(command)
                tell({"id": command["id"], "result": result})
            except Exception as error:
                tell({"id": command["id"], "error": str(error)})
            if command["op"] == "close":
                return


def main():
    lanes = {}
    for line in sys.stdin:
        command = json.loads(line)
        lanes.setdefault(command["name"], Lane()).commands.put(command)
        if command["op"] == "close":
            del lanes[command["name"]]
    os._exit(0)


main()
