/** Makes protobufjs give 64-bit integers as numbers. It decides while modules load, so this one is imported first. */
import protobuf from 'protobufjs/minimal.js';

(protobuf.util as { Long: unknown }).Long = null;
protobuf.configure();
