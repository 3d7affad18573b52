import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace hapax. */
export namespace hapax {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of a StatusRequest.
         * @deprecated Use hapax.v1.StatusRequest.$Properties instead.
         */
        interface IStatusRequest extends hapax.v1.StatusRequest.$Properties {
        }

        /** Represents a StatusRequest. */
        class StatusRequest {

            /**
             * Constructs a new StatusRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.StatusRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Encodes the specified StatusRequest message. Does not implicitly {@link hapax.v1.StatusRequest.verify|verify} messages.
             * @param message StatusRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.StatusRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a StatusRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.StatusRequest & hapax.v1.StatusRequest.$Shape} StatusRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.StatusRequest & hapax.v1.StatusRequest.$Shape;
        }

        namespace StatusRequest {

            /** Properties of a StatusRequest. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a StatusRequest. */
            type $Shape = hapax.v1.StatusRequest.$Properties;
        }

        /**
         * Properties of a StatusResponse.
         * @deprecated Use hapax.v1.StatusResponse.$Properties instead.
         */
        interface IStatusResponse extends hapax.v1.StatusResponse.$Properties {
        }

        /** Represents a StatusResponse. */
        class StatusResponse {

            /**
             * Constructs a new StatusResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.StatusResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** StatusResponse nodeId. */
            nodeId: number;

            /** StatusResponse clusterId. */
            clusterId: string;

            /** StatusResponse version. */
            version: string;

            /** StatusResponse roles. */
            roles: string[];

            /** StatusResponse ready. */
            ready: boolean;

            /** StatusResponse raft. */
            raft?: (hapax.v1.RaftStatus.$Properties|null);

            /** StatusResponse partitions. */
            partitions: hapax.v1.PartitionStatus.$Properties[];

            /**
             * Encodes the specified StatusResponse message. Does not implicitly {@link hapax.v1.StatusResponse.verify|verify} messages.
             * @param message StatusResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.StatusResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a StatusResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.StatusResponse & hapax.v1.StatusResponse.$Shape} StatusResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.StatusResponse & hapax.v1.StatusResponse.$Shape;
        }

        namespace StatusResponse {

            /** Properties of a StatusResponse. */
            interface $Properties {

                /** StatusResponse nodeId */
                nodeId?: (number|null);

                /** StatusResponse clusterId */
                clusterId?: (string|null);

                /** StatusResponse version */
                version?: (string|null);

                /** StatusResponse roles */
                roles?: (string[]|null);

                /** StatusResponse ready */
                ready?: (boolean|null);

                /** StatusResponse raft */
                raft?: (hapax.v1.RaftStatus.$Properties|null);

                /** StatusResponse partitions */
                partitions?: (hapax.v1.PartitionStatus.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a StatusResponse. */
            type $Shape = hapax.v1.StatusResponse.$Properties;
        }

        /**
         * Properties of a RaftStatus.
         * @deprecated Use hapax.v1.RaftStatus.$Properties instead.
         */
        interface IRaftStatus extends hapax.v1.RaftStatus.$Properties {
        }

        /** Represents a RaftStatus. */
        class RaftStatus {

            /**
             * Constructs a new RaftStatus.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.RaftStatus.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RaftStatus role. */
            role: string;

            /** RaftStatus term. */
            term: number;

            /** RaftStatus leaderId. */
            leaderId: number;

            /** RaftStatus commitIndex. */
            commitIndex: number;

            /** RaftStatus appliedIndex. */
            appliedIndex: number;

            /** RaftStatus lastIndex. */
            lastIndex: number;

            /**
             * Encodes the specified RaftStatus message. Does not implicitly {@link hapax.v1.RaftStatus.verify|verify} messages.
             * @param message RaftStatus message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.RaftStatus.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RaftStatus message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.RaftStatus & hapax.v1.RaftStatus.$Shape} RaftStatus
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.RaftStatus & hapax.v1.RaftStatus.$Shape;
        }

        namespace RaftStatus {

            /** Properties of a RaftStatus. */
            interface $Properties {

                /** RaftStatus role */
                role?: (string|null);

                /** RaftStatus term */
                term?: (number|null);

                /** RaftStatus leaderId */
                leaderId?: (number|null);

                /** RaftStatus commitIndex */
                commitIndex?: (number|null);

                /** RaftStatus appliedIndex */
                appliedIndex?: (number|null);

                /** RaftStatus lastIndex */
                lastIndex?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RaftStatus. */
            type $Shape = hapax.v1.RaftStatus.$Properties;
        }

        /**
         * Properties of a PartitionStatus.
         * @deprecated Use hapax.v1.PartitionStatus.$Properties instead.
         */
        interface IPartitionStatus extends hapax.v1.PartitionStatus.$Properties {
        }

        /** Represents a PartitionStatus. */
        class PartitionStatus {

            /**
             * Constructs a new PartitionStatus.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.PartitionStatus.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** PartitionStatus topic. */
            topic: string;

            /** PartitionStatus partition. */
            partition: number;

            /** PartitionStatus role. */
            role: string;

            /** PartitionStatus leaderId. */
            leaderId: number;

            /** PartitionStatus leaderEpoch. */
            leaderEpoch: number;

            /** PartitionStatus isr. */
            isr: number[];

            /** PartitionStatus replicas. */
            replicas: number[];

            /** PartitionStatus logStartOffset. */
            logStartOffset: number;

            /** PartitionStatus logEndOffset. */
            logEndOffset: number;

            /** PartitionStatus highWatermark. */
            highWatermark: number;

            /** PartitionStatus lastStableOffset. */
            lastStableOffset: number;

            /** PartitionStatus holder. */
            holder?: (hapax.v1.OpenTransaction.$Properties|null);

            /**
             * Encodes the specified PartitionStatus message. Does not implicitly {@link hapax.v1.PartitionStatus.verify|verify} messages.
             * @param message PartitionStatus message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.PartitionStatus.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a PartitionStatus message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.PartitionStatus & hapax.v1.PartitionStatus.$Shape} PartitionStatus
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.PartitionStatus & hapax.v1.PartitionStatus.$Shape;
        }

        namespace PartitionStatus {

            /** Properties of a PartitionStatus. */
            interface $Properties {

                /** PartitionStatus topic */
                topic?: (string|null);

                /** PartitionStatus partition */
                partition?: (number|null);

                /** PartitionStatus role */
                role?: (string|null);

                /** PartitionStatus leaderId */
                leaderId?: (number|null);

                /** PartitionStatus leaderEpoch */
                leaderEpoch?: (number|null);

                /** PartitionStatus isr */
                isr?: (number[]|null);

                /** PartitionStatus replicas */
                replicas?: (number[]|null);

                /** PartitionStatus logStartOffset */
                logStartOffset?: (number|null);

                /** PartitionStatus logEndOffset */
                logEndOffset?: (number|null);

                /** PartitionStatus highWatermark */
                highWatermark?: (number|null);

                /** PartitionStatus lastStableOffset */
                lastStableOffset?: (number|null);

                /** PartitionStatus holder */
                holder?: (hapax.v1.OpenTransaction.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a PartitionStatus. */
            type $Shape = hapax.v1.PartitionStatus.$Properties;
        }

        /**
         * Properties of an OpenTransaction.
         * @deprecated Use hapax.v1.OpenTransaction.$Properties instead.
         */
        interface IOpenTransaction extends hapax.v1.OpenTransaction.$Properties {
        }

        /** Represents an OpenTransaction. */
        class OpenTransaction {

            /**
             * Constructs a new OpenTransaction.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.OpenTransaction.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** OpenTransaction producerId. */
            producerId: number;

            /** OpenTransaction producerEpoch. */
            producerEpoch: number;

            /** OpenTransaction firstOffset. */
            firstOffset: number;

            /** OpenTransaction lastTimestampMs. */
            lastTimestampMs: number;

            /**
             * Encodes the specified OpenTransaction message. Does not implicitly {@link hapax.v1.OpenTransaction.verify|verify} messages.
             * @param message OpenTransaction message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.OpenTransaction.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an OpenTransaction message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.OpenTransaction & hapax.v1.OpenTransaction.$Shape} OpenTransaction
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.OpenTransaction & hapax.v1.OpenTransaction.$Shape;
        }

        namespace OpenTransaction {

            /** Properties of an OpenTransaction. */
            interface $Properties {

                /** OpenTransaction producerId */
                producerId?: (number|null);

                /** OpenTransaction producerEpoch */
                producerEpoch?: (number|null);

                /** OpenTransaction firstOffset */
                firstOffset?: (number|null);

                /** OpenTransaction lastTimestampMs */
                lastTimestampMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an OpenTransaction. */
            type $Shape = hapax.v1.OpenTransaction.$Properties;
        }

        /**
         * Properties of a CoordinatorsRequest.
         * @deprecated Use hapax.v1.CoordinatorsRequest.$Properties instead.
         */
        interface ICoordinatorsRequest extends hapax.v1.CoordinatorsRequest.$Properties {
        }

        /** Represents a CoordinatorsRequest. */
        class CoordinatorsRequest {

            /**
             * Constructs a new CoordinatorsRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.CoordinatorsRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Encodes the specified CoordinatorsRequest message. Does not implicitly {@link hapax.v1.CoordinatorsRequest.verify|verify} messages.
             * @param message CoordinatorsRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.CoordinatorsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CoordinatorsRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.CoordinatorsRequest & hapax.v1.CoordinatorsRequest.$Shape} CoordinatorsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.CoordinatorsRequest & hapax.v1.CoordinatorsRequest.$Shape;
        }

        namespace CoordinatorsRequest {

            /** Properties of a CoordinatorsRequest. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CoordinatorsRequest. */
            type $Shape = hapax.v1.CoordinatorsRequest.$Properties;
        }

        /**
         * Properties of a CoordinatorsResponse.
         * @deprecated Use hapax.v1.CoordinatorsResponse.$Properties instead.
         */
        interface ICoordinatorsResponse extends hapax.v1.CoordinatorsResponse.$Properties {
        }

        /** Represents a CoordinatorsResponse. */
        class CoordinatorsResponse {

            /**
             * Constructs a new CoordinatorsResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.CoordinatorsResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CoordinatorsResponse coordinators. */
            coordinators: hapax.v1.CoordinatorStatus.$Properties[];

            /** CoordinatorsResponse fences. */
            fences: hapax.v1.Fence.$Properties[];

            /**
             * Encodes the specified CoordinatorsResponse message. Does not implicitly {@link hapax.v1.CoordinatorsResponse.verify|verify} messages.
             * @param message CoordinatorsResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.CoordinatorsResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CoordinatorsResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.CoordinatorsResponse & hapax.v1.CoordinatorsResponse.$Shape} CoordinatorsResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.CoordinatorsResponse & hapax.v1.CoordinatorsResponse.$Shape;
        }

        namespace CoordinatorsResponse {

            /** Properties of a CoordinatorsResponse. */
            interface $Properties {

                /** CoordinatorsResponse coordinators */
                coordinators?: (hapax.v1.CoordinatorStatus.$Properties[]|null);

                /** CoordinatorsResponse fences */
                fences?: (hapax.v1.Fence.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CoordinatorsResponse. */
            type $Shape = hapax.v1.CoordinatorsResponse.$Properties;
        }

        /**
         * Properties of a CoordinatorStatus.
         * @deprecated Use hapax.v1.CoordinatorStatus.$Properties instead.
         */
        interface ICoordinatorStatus extends hapax.v1.CoordinatorStatus.$Properties {
        }

        /** Represents a CoordinatorStatus. */
        class CoordinatorStatus {

            /**
             * Constructs a new CoordinatorStatus.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.CoordinatorStatus.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CoordinatorStatus partition. */
            partition: number;

            /** CoordinatorStatus coordinatorEpoch. */
            coordinatorEpoch: number;

            /** CoordinatorStatus phase. */
            phase: string;

            /** CoordinatorStatus transactionalIds. */
            transactionalIds: number;

            /** CoordinatorStatus openTransactions. */
            openTransactions: number;

            /** CoordinatorStatus markersQueued. */
            markersQueued: number;

            /**
             * Encodes the specified CoordinatorStatus message. Does not implicitly {@link hapax.v1.CoordinatorStatus.verify|verify} messages.
             * @param message CoordinatorStatus message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.CoordinatorStatus.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CoordinatorStatus message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.CoordinatorStatus & hapax.v1.CoordinatorStatus.$Shape} CoordinatorStatus
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.CoordinatorStatus & hapax.v1.CoordinatorStatus.$Shape;
        }

        namespace CoordinatorStatus {

            /** Properties of a CoordinatorStatus. */
            interface $Properties {

                /** CoordinatorStatus partition */
                partition?: (number|null);

                /** CoordinatorStatus coordinatorEpoch */
                coordinatorEpoch?: (number|null);

                /** CoordinatorStatus phase */
                phase?: (string|null);

                /** CoordinatorStatus transactionalIds */
                transactionalIds?: (number|null);

                /** CoordinatorStatus openTransactions */
                openTransactions?: (number|null);

                /** CoordinatorStatus markersQueued */
                markersQueued?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CoordinatorStatus. */
            type $Shape = hapax.v1.CoordinatorStatus.$Properties;
        }

        /**
         * Properties of a Fence.
         * @deprecated Use hapax.v1.Fence.$Properties instead.
         */
        interface IFence extends hapax.v1.Fence.$Properties {
        }

        /** Represents a Fence. */
        class Fence {

            /**
             * Constructs a new Fence.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.Fence.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Fence wallMs. */
            wallMs: number;

            /** Fence transactionalId. */
            transactionalId: string;

            /** Fence cause. */
            cause: string;

            /** Fence fenced. */
            fenced?: (hapax.v1.FenceParty.$Properties|null);

            /** Fence by. */
            by?: (hapax.v1.FenceParty.$Properties|null);

            /**
             * Encodes the specified Fence message. Does not implicitly {@link hapax.v1.Fence.verify|verify} messages.
             * @param message Fence message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.Fence.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Fence message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.Fence & hapax.v1.Fence.$Shape} Fence
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.Fence & hapax.v1.Fence.$Shape;
        }

        namespace Fence {

            /** Properties of a Fence. */
            interface $Properties {

                /** Fence wallMs */
                wallMs?: (number|null);

                /** Fence transactionalId */
                transactionalId?: (string|null);

                /** Fence cause */
                cause?: (string|null);

                /** Fence fenced */
                fenced?: (hapax.v1.FenceParty.$Properties|null);

                /** Fence by */
                by?: (hapax.v1.FenceParty.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Fence. */
            type $Shape = hapax.v1.Fence.$Properties;
        }

        /**
         * Properties of a FenceParty.
         * @deprecated Use hapax.v1.FenceParty.$Properties instead.
         */
        interface IFenceParty extends hapax.v1.FenceParty.$Properties {
        }

        /** Represents a FenceParty. */
        class FenceParty {

            /**
             * Constructs a new FenceParty.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.FenceParty.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** FenceParty producerId. */
            producerId: number;

            /** FenceParty producerEpoch. */
            producerEpoch: number;

            /** FenceParty who. */
            who: string;

            /**
             * Encodes the specified FenceParty message. Does not implicitly {@link hapax.v1.FenceParty.verify|verify} messages.
             * @param message FenceParty message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.FenceParty.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a FenceParty message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.FenceParty & hapax.v1.FenceParty.$Shape} FenceParty
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.FenceParty & hapax.v1.FenceParty.$Shape;
        }

        namespace FenceParty {

            /** Properties of a FenceParty. */
            interface $Properties {

                /** FenceParty producerId */
                producerId?: (number|null);

                /** FenceParty producerEpoch */
                producerEpoch?: (number|null);

                /** FenceParty who */
                who?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a FenceParty. */
            type $Shape = hapax.v1.FenceParty.$Properties;
        }

        /**
         * Properties of a TimelineRequest.
         * @deprecated Use hapax.v1.TimelineRequest.$Properties instead.
         */
        interface ITimelineRequest extends hapax.v1.TimelineRequest.$Properties {
        }

        /** Represents a TimelineRequest. */
        class TimelineRequest {

            /**
             * Constructs a new TimelineRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.TimelineRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TimelineRequest transactionalId. */
            transactionalId: string;

            /**
             * Encodes the specified TimelineRequest message. Does not implicitly {@link hapax.v1.TimelineRequest.verify|verify} messages.
             * @param message TimelineRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.TimelineRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TimelineRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.TimelineRequest & hapax.v1.TimelineRequest.$Shape} TimelineRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.TimelineRequest & hapax.v1.TimelineRequest.$Shape;
        }

        namespace TimelineRequest {

            /** Properties of a TimelineRequest. */
            interface $Properties {

                /** TimelineRequest transactionalId */
                transactionalId?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a TimelineRequest. */
            type $Shape = hapax.v1.TimelineRequest.$Properties;
        }

        /**
         * Properties of a TimelineResponse.
         * @deprecated Use hapax.v1.TimelineResponse.$Properties instead.
         */
        interface ITimelineResponse extends hapax.v1.TimelineResponse.$Properties {
        }

        /** Represents a TimelineResponse. */
        class TimelineResponse {

            /**
             * Constructs a new TimelineResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.TimelineResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TimelineResponse error. */
            error: number;

            /** TimelineResponse entries. */
            entries: hapax.v1.TimelineEntry.$Properties[];

            /**
             * Encodes the specified TimelineResponse message. Does not implicitly {@link hapax.v1.TimelineResponse.verify|verify} messages.
             * @param message TimelineResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.TimelineResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TimelineResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.TimelineResponse & hapax.v1.TimelineResponse.$Shape} TimelineResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.TimelineResponse & hapax.v1.TimelineResponse.$Shape;
        }

        namespace TimelineResponse {

            /** Properties of a TimelineResponse. */
            interface $Properties {

                /** TimelineResponse error */
                error?: (number|null);

                /** TimelineResponse entries */
                entries?: (hapax.v1.TimelineEntry.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a TimelineResponse. */
            type $Shape = hapax.v1.TimelineResponse.$Properties;
        }

        /**
         * Properties of a TimelineEntry.
         * @deprecated Use hapax.v1.TimelineEntry.$Properties instead.
         */
        interface ITimelineEntry extends hapax.v1.TimelineEntry.$Properties {
        }

        /** Represents a TimelineEntry. */
        class TimelineEntry {

            /**
             * Constructs a new TimelineEntry.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.TimelineEntry.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TimelineEntry offset. */
            offset: number;

            /** TimelineEntry wallMs. */
            wallMs: number;

            /** TimelineEntry state. */
            state: string;

            /** TimelineEntry producerEpoch. */
            producerEpoch: number;

            /** TimelineEntry partitionCount. */
            partitionCount: number;

            /** TimelineEntry who. */
            who: string;

            /**
             * Encodes the specified TimelineEntry message. Does not implicitly {@link hapax.v1.TimelineEntry.verify|verify} messages.
             * @param message TimelineEntry message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.TimelineEntry.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TimelineEntry message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.TimelineEntry & hapax.v1.TimelineEntry.$Shape} TimelineEntry
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.TimelineEntry & hapax.v1.TimelineEntry.$Shape;
        }

        namespace TimelineEntry {

            /** Properties of a TimelineEntry. */
            interface $Properties {

                /** TimelineEntry offset */
                offset?: (number|null);

                /** TimelineEntry wallMs */
                wallMs?: (number|null);

                /** TimelineEntry state */
                state?: (string|null);

                /** TimelineEntry producerEpoch */
                producerEpoch?: (number|null);

                /** TimelineEntry partitionCount */
                partitionCount?: (number|null);

                /** TimelineEntry who */
                who?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a TimelineEntry. */
            type $Shape = hapax.v1.TimelineEntry.$Properties;
        }

        /**
         * Properties of a ControllerCall.
         * @deprecated Use hapax.v1.ControllerCall.$Properties instead.
         */
        interface IControllerCall extends hapax.v1.ControllerCall.$Properties {
        }

        /** Represents a ControllerCall. */
        class ControllerCall {

            /**
             * Constructs a new ControllerCall.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.ControllerCall.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ControllerCall correlationId. */
            correlationId: number;

            /** ControllerCall from. */
            from: number;

            /** ControllerCall method. */
            method: string;

            /** ControllerCall json. */
            json: Uint8Array;

            /** ControllerCall timeoutMs. */
            timeoutMs: number;

            /**
             * Encodes the specified ControllerCall message. Does not implicitly {@link hapax.v1.ControllerCall.verify|verify} messages.
             * @param message ControllerCall message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.ControllerCall.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ControllerCall message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.ControllerCall & hapax.v1.ControllerCall.$Shape} ControllerCall
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.ControllerCall & hapax.v1.ControllerCall.$Shape;
        }

        namespace ControllerCall {

            /** Properties of a ControllerCall. */
            interface $Properties {

                /** ControllerCall correlationId */
                correlationId?: (number|null);

                /** ControllerCall from */
                from?: (number|null);

                /** ControllerCall method */
                method?: (string|null);

                /** ControllerCall json */
                json?: (Uint8Array|null);

                /** ControllerCall timeoutMs */
                timeoutMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ControllerCall. */
            type $Shape = hapax.v1.ControllerCall.$Properties;
        }

        /**
         * Properties of a ControllerReply.
         * @deprecated Use hapax.v1.ControllerReply.$Properties instead.
         */
        interface IControllerReply extends hapax.v1.ControllerReply.$Properties {
        }

        /** Represents a ControllerReply. */
        class ControllerReply {

            /**
             * Constructs a new ControllerReply.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.ControllerReply.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ControllerReply correlationId. */
            correlationId: number;

            /** ControllerReply error. */
            error: number;

            /** ControllerReply errorMessage. */
            errorMessage: string;

            /** ControllerReply leaderHint. */
            leaderHint: number;

            /** ControllerReply json. */
            json: Uint8Array;

            /**
             * Encodes the specified ControllerReply message. Does not implicitly {@link hapax.v1.ControllerReply.verify|verify} messages.
             * @param message ControllerReply message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.ControllerReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ControllerReply message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.ControllerReply & hapax.v1.ControllerReply.$Shape} ControllerReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.ControllerReply & hapax.v1.ControllerReply.$Shape;
        }

        namespace ControllerReply {

            /** Properties of a ControllerReply. */
            interface $Properties {

                /** ControllerReply correlationId */
                correlationId?: (number|null);

                /** ControllerReply error */
                error?: (number|null);

                /** ControllerReply errorMessage */
                errorMessage?: (string|null);

                /** ControllerReply leaderHint */
                leaderHint?: (number|null);

                /** ControllerReply json */
                json?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ControllerReply. */
            type $Shape = hapax.v1.ControllerReply.$Properties;
        }

        /**
         * Properties of a Frames.
         * @deprecated Use hapax.v1.Frames.$Properties instead.
         */
        interface IFrames extends hapax.v1.Frames.$Properties {
        }

        /** Represents a Frames. */
        class Frames {

            /**
             * Constructs a new Frames.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.Frames.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Frames frame. */
            frame: Uint8Array[];

            /**
             * Encodes the specified Frames message. Does not implicitly {@link hapax.v1.Frames.verify|verify} messages.
             * @param message Frames message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.Frames.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Frames message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.Frames & hapax.v1.Frames.$Shape} Frames
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.Frames & hapax.v1.Frames.$Shape;
        }

        namespace Frames {

            /** Properties of a Frames. */
            interface $Properties {

                /** Frames frame */
                frame?: (Uint8Array[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Frames. */
            type $Shape = hapax.v1.Frames.$Properties;
        }

        /** RaftMessageType enum. */
        enum RaftMessageType {

            /** RAFT_MESSAGE_TYPE_UNSPECIFIED value */
            RAFT_MESSAGE_TYPE_UNSPECIFIED = 0,

            /** RAFT_MESSAGE_TYPE_APPEND value */
            RAFT_MESSAGE_TYPE_APPEND = 1,

            /** RAFT_MESSAGE_TYPE_APPEND_RESPONSE value */
            RAFT_MESSAGE_TYPE_APPEND_RESPONSE = 2,

            /** RAFT_MESSAGE_TYPE_HEARTBEAT value */
            RAFT_MESSAGE_TYPE_HEARTBEAT = 3,

            /** RAFT_MESSAGE_TYPE_HEARTBEAT_RESPONSE value */
            RAFT_MESSAGE_TYPE_HEARTBEAT_RESPONSE = 4,

            /** RAFT_MESSAGE_TYPE_PRE_VOTE value */
            RAFT_MESSAGE_TYPE_PRE_VOTE = 5,

            /** RAFT_MESSAGE_TYPE_VOTE value */
            RAFT_MESSAGE_TYPE_VOTE = 6,

            /** RAFT_MESSAGE_TYPE_PRE_VOTE_RESPONSE value */
            RAFT_MESSAGE_TYPE_PRE_VOTE_RESPONSE = 7,

            /** RAFT_MESSAGE_TYPE_VOTE_RESPONSE value */
            RAFT_MESSAGE_TYPE_VOTE_RESPONSE = 8,

            /** RAFT_MESSAGE_TYPE_SNAPSHOT value */
            RAFT_MESSAGE_TYPE_SNAPSHOT = 9,

            /** RAFT_MESSAGE_TYPE_TIMEOUT_NOW value */
            RAFT_MESSAGE_TYPE_TIMEOUT_NOW = 10
        }

        /**
         * Properties of a RaftMessage.
         * @deprecated Use hapax.v1.RaftMessage.$Properties instead.
         */
        interface IRaftMessage extends hapax.v1.RaftMessage.$Properties {
        }

        /** Represents a RaftMessage. */
        class RaftMessage {

            /**
             * Constructs a new RaftMessage.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.RaftMessage.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RaftMessage type. */
            type: hapax.v1.RaftMessageType;

            /** RaftMessage from. */
            from: number;

            /** RaftMessage to. */
            to: number;

            /** RaftMessage term. */
            term: number;

            /** RaftMessage previousIndex. */
            previousIndex: number;

            /** RaftMessage previousTerm. */
            previousTerm: number;

            /** RaftMessage entries. */
            entries: hapax.v1.RaftEntry.$Properties[];

            /** RaftMessage commitIndex. */
            commitIndex: number;

            /** RaftMessage rejected. */
            rejected: boolean;

            /** RaftMessage index. */
            index: number;

            /** RaftMessage hintIndex. */
            hintIndex: number;

            /** RaftMessage hintTerm. */
            hintTerm: number;

            /** RaftMessage round. */
            round: number;

            /** RaftMessage lastIndex. */
            lastIndex: number;

            /** RaftMessage lastTerm. */
            lastTerm: number;

            /** RaftMessage transfer. */
            transfer: boolean;

            /** RaftMessage snapshot. */
            snapshot?: (hapax.v1.RaftSnapshot.$Properties|null);

            /** RaftMessage commitTerm. */
            commitTerm: number;

            /**
             * Encodes the specified RaftMessage message. Does not implicitly {@link hapax.v1.RaftMessage.verify|verify} messages.
             * @param message RaftMessage message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.RaftMessage.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RaftMessage message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.RaftMessage & hapax.v1.RaftMessage.$Shape} RaftMessage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.RaftMessage & hapax.v1.RaftMessage.$Shape;
        }

        namespace RaftMessage {

            /** Properties of a RaftMessage. */
            interface $Properties {

                /** RaftMessage type */
                type?: (hapax.v1.RaftMessageType|null);

                /** RaftMessage from */
                from?: (number|null);

                /** RaftMessage to */
                to?: (number|null);

                /** RaftMessage term */
                term?: (number|null);

                /** RaftMessage previousIndex */
                previousIndex?: (number|null);

                /** RaftMessage previousTerm */
                previousTerm?: (number|null);

                /** RaftMessage entries */
                entries?: (hapax.v1.RaftEntry.$Properties[]|null);

                /** RaftMessage commitIndex */
                commitIndex?: (number|null);

                /** RaftMessage rejected */
                rejected?: (boolean|null);

                /** RaftMessage index */
                index?: (number|null);

                /** RaftMessage hintIndex */
                hintIndex?: (number|null);

                /** RaftMessage hintTerm */
                hintTerm?: (number|null);

                /** RaftMessage round */
                round?: (number|null);

                /** RaftMessage lastIndex */
                lastIndex?: (number|null);

                /** RaftMessage lastTerm */
                lastTerm?: (number|null);

                /** RaftMessage transfer */
                transfer?: (boolean|null);

                /** RaftMessage snapshot */
                snapshot?: (hapax.v1.RaftSnapshot.$Properties|null);

                /** RaftMessage commitTerm */
                commitTerm?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RaftMessage. */
            type $Shape = hapax.v1.RaftMessage.$Properties;
        }

        /** RaftEntryType enum. */
        enum RaftEntryType {

            /** RAFT_ENTRY_TYPE_COMMAND value */
            RAFT_ENTRY_TYPE_COMMAND = 0,

            /** RAFT_ENTRY_TYPE_MEMBERSHIP value */
            RAFT_ENTRY_TYPE_MEMBERSHIP = 1,

            /** RAFT_ENTRY_TYPE_EMPTY value */
            RAFT_ENTRY_TYPE_EMPTY = 2
        }

        /**
         * Properties of a RaftEntry.
         * @deprecated Use hapax.v1.RaftEntry.$Properties instead.
         */
        interface IRaftEntry extends hapax.v1.RaftEntry.$Properties {
        }

        /** Represents a RaftEntry. */
        class RaftEntry {

            /**
             * Constructs a new RaftEntry.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.RaftEntry.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RaftEntry index. */
            index: number;

            /** RaftEntry term. */
            term: number;

            /** RaftEntry type. */
            type: hapax.v1.RaftEntryType;

            /** RaftEntry data. */
            data: Uint8Array;

            /**
             * Encodes the specified RaftEntry message. Does not implicitly {@link hapax.v1.RaftEntry.verify|verify} messages.
             * @param message RaftEntry message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.RaftEntry.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RaftEntry message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.RaftEntry & hapax.v1.RaftEntry.$Shape} RaftEntry
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.RaftEntry & hapax.v1.RaftEntry.$Shape;
        }

        namespace RaftEntry {

            /** Properties of a RaftEntry. */
            interface $Properties {

                /** RaftEntry index */
                index?: (number|null);

                /** RaftEntry term */
                term?: (number|null);

                /** RaftEntry type */
                type?: (hapax.v1.RaftEntryType|null);

                /** RaftEntry data */
                data?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RaftEntry. */
            type $Shape = hapax.v1.RaftEntry.$Properties;
        }

        /**
         * Properties of a RaftSnapshot.
         * @deprecated Use hapax.v1.RaftSnapshot.$Properties instead.
         */
        interface IRaftSnapshot extends hapax.v1.RaftSnapshot.$Properties {
        }

        /** Represents a RaftSnapshot. */
        class RaftSnapshot {

            /**
             * Constructs a new RaftSnapshot.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.RaftSnapshot.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RaftSnapshot index. */
            index: number;

            /** RaftSnapshot term. */
            term: number;

            /** RaftSnapshot membership. */
            membership?: (hapax.v1.RaftMembership.$Properties|null);

            /** RaftSnapshot data. */
            data: Uint8Array;

            /**
             * Encodes the specified RaftSnapshot message. Does not implicitly {@link hapax.v1.RaftSnapshot.verify|verify} messages.
             * @param message RaftSnapshot message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.RaftSnapshot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RaftSnapshot message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.RaftSnapshot & hapax.v1.RaftSnapshot.$Shape} RaftSnapshot
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.RaftSnapshot & hapax.v1.RaftSnapshot.$Shape;
        }

        namespace RaftSnapshot {

            /** Properties of a RaftSnapshot. */
            interface $Properties {

                /** RaftSnapshot index */
                index?: (number|null);

                /** RaftSnapshot term */
                term?: (number|null);

                /** RaftSnapshot membership */
                membership?: (hapax.v1.RaftMembership.$Properties|null);

                /** RaftSnapshot data */
                data?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RaftSnapshot. */
            type $Shape = hapax.v1.RaftSnapshot.$Properties;
        }

        /**
         * Properties of a RaftMembership.
         * @deprecated Use hapax.v1.RaftMembership.$Properties instead.
         */
        interface IRaftMembership extends hapax.v1.RaftMembership.$Properties {
        }

        /** Represents a RaftMembership. */
        class RaftMembership {

            /**
             * Constructs a new RaftMembership.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.RaftMembership.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RaftMembership voters. */
            voters: number[];

            /** RaftMembership votersOutgoing. */
            votersOutgoing: number[];

            /** RaftMembership learners. */
            learners: number[];

            /** RaftMembership learnersNext. */
            learnersNext: number[];

            /** RaftMembership autoLeave. */
            autoLeave: boolean;

            /** RaftMembership addresses. */
            addresses: hapax.v1.RaftMemberAddress.$Properties[];

            /**
             * Encodes the specified RaftMembership message. Does not implicitly {@link hapax.v1.RaftMembership.verify|verify} messages.
             * @param message RaftMembership message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.RaftMembership.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RaftMembership message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.RaftMembership & hapax.v1.RaftMembership.$Shape} RaftMembership
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.RaftMembership & hapax.v1.RaftMembership.$Shape;
        }

        namespace RaftMembership {

            /** Properties of a RaftMembership. */
            interface $Properties {

                /** RaftMembership voters */
                voters?: (number[]|null);

                /** RaftMembership votersOutgoing */
                votersOutgoing?: (number[]|null);

                /** RaftMembership learners */
                learners?: (number[]|null);

                /** RaftMembership learnersNext */
                learnersNext?: (number[]|null);

                /** RaftMembership autoLeave */
                autoLeave?: (boolean|null);

                /** RaftMembership addresses */
                addresses?: (hapax.v1.RaftMemberAddress.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RaftMembership. */
            type $Shape = hapax.v1.RaftMembership.$Properties;
        }

        /**
         * Properties of a RaftMemberAddress.
         * @deprecated Use hapax.v1.RaftMemberAddress.$Properties instead.
         */
        interface IRaftMemberAddress extends hapax.v1.RaftMemberAddress.$Properties {
        }

        /** Represents a RaftMemberAddress. */
        class RaftMemberAddress {

            /**
             * Constructs a new RaftMemberAddress.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.RaftMemberAddress.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RaftMemberAddress id. */
            id: number;

            /** RaftMemberAddress address. */
            address: string;

            /**
             * Encodes the specified RaftMemberAddress message. Does not implicitly {@link hapax.v1.RaftMemberAddress.verify|verify} messages.
             * @param message RaftMemberAddress message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.RaftMemberAddress.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RaftMemberAddress message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.RaftMemberAddress & hapax.v1.RaftMemberAddress.$Shape} RaftMemberAddress
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.RaftMemberAddress & hapax.v1.RaftMemberAddress.$Shape;
        }

        namespace RaftMemberAddress {

            /** Properties of a RaftMemberAddress. */
            interface $Properties {

                /** RaftMemberAddress id */
                id?: (number|null);

                /** RaftMemberAddress address */
                address?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RaftMemberAddress. */
            type $Shape = hapax.v1.RaftMemberAddress.$Properties;
        }

        /**
         * Properties of a FollowerMessage.
         * @deprecated Use hapax.v1.FollowerMessage.$Properties instead.
         */
        interface IFollowerMessage extends hapax.v1.FollowerMessage.$Properties {
        }

        /** Represents a FollowerMessage. */
        class FollowerMessage {

            /**
             * Constructs a new FollowerMessage.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.FollowerMessage.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** FollowerMessage hello. */
            hello?: (hapax.v1.Hello.$Properties|null);

            /** FollowerMessage attach. */
            attach?: (hapax.v1.Attach.$Properties|null);

            /** FollowerMessage ack. */
            ack?: (hapax.v1.Ack.$Properties|null);

            /** FollowerMessage detach. */
            detach?: (hapax.v1.Detach.$Properties|null);

            /** FollowerMessage message. */
            message?: ("hello"|"attach"|"ack"|"detach");

            /**
             * Encodes the specified FollowerMessage message. Does not implicitly {@link hapax.v1.FollowerMessage.verify|verify} messages.
             * @param message FollowerMessage message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.FollowerMessage.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a FollowerMessage message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.FollowerMessage & hapax.v1.FollowerMessage.$Shape} FollowerMessage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.FollowerMessage & hapax.v1.FollowerMessage.$Shape;
        }

        namespace FollowerMessage {

            /** Properties of a FollowerMessage. */
            interface $Properties {

                /** FollowerMessage hello */
                hello?: (hapax.v1.Hello.$Properties|null);

                /** FollowerMessage attach */
                attach?: (hapax.v1.Attach.$Properties|null);

                /** FollowerMessage ack */
                ack?: (hapax.v1.Ack.$Properties|null);

                /** FollowerMessage detach */
                detach?: (hapax.v1.Detach.$Properties|null);

                /** FollowerMessage message */
                message?: ("hello"|"attach"|"ack"|"detach");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a FollowerMessage. */
            type $Shape = {
              hello?: hapax.v1.Hello.$Shape|null;
              attach?: hapax.v1.Attach.$Shape|null;
              ack?: hapax.v1.Ack.$Shape|null;
              detach?: hapax.v1.Detach.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ message?: undefined; hello?: null; attach?: null; ack?: null; detach?: null }|{ message?: "hello"; hello: hapax.v1.Hello.$Shape; attach?: null; ack?: null; detach?: null }|{ message?: "attach"; hello?: null; attach: hapax.v1.Attach.$Shape; ack?: null; detach?: null }|{ message?: "ack"; hello?: null; attach?: null; ack: hapax.v1.Ack.$Shape; detach?: null }|{ message?: "detach"; hello?: null; attach?: null; ack?: null; detach: hapax.v1.Detach.$Shape })
            );
        }

        /**
         * Properties of a LeaderMessage.
         * @deprecated Use hapax.v1.LeaderMessage.$Properties instead.
         */
        interface ILeaderMessage extends hapax.v1.LeaderMessage.$Properties {
        }

        /** Represents a LeaderMessage. */
        class LeaderMessage {

            /**
             * Constructs a new LeaderMessage.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.LeaderMessage.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LeaderMessage attached. */
            attached?: (hapax.v1.Attached.$Properties|null);

            /** LeaderMessage truncateOrder. */
            truncateOrder?: (hapax.v1.TruncateOrder.$Properties|null);

            /** LeaderMessage attachRefused. */
            attachRefused?: (hapax.v1.AttachRefused.$Properties|null);

            /** LeaderMessage push. */
            push?: (hapax.v1.Push.$Properties|null);

            /** LeaderMessage message. */
            message?: ("attached"|"truncateOrder"|"attachRefused"|"push");

            /**
             * Encodes the specified LeaderMessage message. Does not implicitly {@link hapax.v1.LeaderMessage.verify|verify} messages.
             * @param message LeaderMessage message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.LeaderMessage.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeaderMessage message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.LeaderMessage & hapax.v1.LeaderMessage.$Shape} LeaderMessage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.LeaderMessage & hapax.v1.LeaderMessage.$Shape;
        }

        namespace LeaderMessage {

            /** Properties of a LeaderMessage. */
            interface $Properties {

                /** LeaderMessage attached */
                attached?: (hapax.v1.Attached.$Properties|null);

                /** LeaderMessage truncateOrder */
                truncateOrder?: (hapax.v1.TruncateOrder.$Properties|null);

                /** LeaderMessage attachRefused */
                attachRefused?: (hapax.v1.AttachRefused.$Properties|null);

                /** LeaderMessage push */
                push?: (hapax.v1.Push.$Properties|null);

                /** LeaderMessage message */
                message?: ("attached"|"truncateOrder"|"attachRefused"|"push");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a LeaderMessage. */
            type $Shape = {
              attached?: hapax.v1.Attached.$Shape|null;
              truncateOrder?: hapax.v1.TruncateOrder.$Shape|null;
              attachRefused?: hapax.v1.AttachRefused.$Shape|null;
              push?: hapax.v1.Push.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ message?: undefined; attached?: null; truncateOrder?: null; attachRefused?: null; push?: null }|{ message?: "attached"; attached: hapax.v1.Attached.$Shape; truncateOrder?: null; attachRefused?: null; push?: null }|{ message?: "truncateOrder"; attached?: null; truncateOrder: hapax.v1.TruncateOrder.$Shape; attachRefused?: null; push?: null }|{ message?: "attachRefused"; attached?: null; truncateOrder?: null; attachRefused: hapax.v1.AttachRefused.$Shape; push?: null }|{ message?: "push"; attached?: null; truncateOrder?: null; attachRefused?: null; push: hapax.v1.Push.$Shape })
            );
        }

        /**
         * Properties of a Hello.
         * @deprecated Use hapax.v1.Hello.$Properties instead.
         */
        interface IHello extends hapax.v1.Hello.$Properties {
        }

        /** Represents a Hello. */
        class Hello {

            /**
             * Constructs a new Hello.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.Hello.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Hello nodeId. */
            nodeId: number;

            /** Hello brokerEpoch. */
            brokerEpoch: number;

            /** Hello clusterId. */
            clusterId: string;

            /**
             * Encodes the specified Hello message. Does not implicitly {@link hapax.v1.Hello.verify|verify} messages.
             * @param message Hello message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Hello message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.Hello & hapax.v1.Hello.$Shape} Hello
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.Hello & hapax.v1.Hello.$Shape;
        }

        namespace Hello {

            /** Properties of a Hello. */
            interface $Properties {

                /** Hello nodeId */
                nodeId?: (number|null);

                /** Hello brokerEpoch */
                brokerEpoch?: (number|null);

                /** Hello clusterId */
                clusterId?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Hello. */
            type $Shape = hapax.v1.Hello.$Properties;
        }

        /**
         * Properties of an Attach.
         * @deprecated Use hapax.v1.Attach.$Properties instead.
         */
        interface IAttach extends hapax.v1.Attach.$Properties {
        }

        /** Represents an Attach. */
        class Attach {

            /**
             * Constructs a new Attach.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.Attach.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Attach attachId. */
            attachId: number;

            /** Attach topicId. */
            topicId: Uint8Array;

            /** Attach partition. */
            partition: number;

            /** Attach brokerEpoch. */
            brokerEpoch: number;

            /** Attach leaderEpoch. */
            leaderEpoch: number;

            /** Attach logEndOffset. */
            logEndOffset: number;

            /** Attach lastEpoch. */
            lastEpoch: number;

            /**
             * Encodes the specified Attach message. Does not implicitly {@link hapax.v1.Attach.verify|verify} messages.
             * @param message Attach message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.Attach.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Attach message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.Attach & hapax.v1.Attach.$Shape} Attach
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.Attach & hapax.v1.Attach.$Shape;
        }

        namespace Attach {

            /** Properties of an Attach. */
            interface $Properties {

                /** Attach attachId */
                attachId?: (number|null);

                /** Attach topicId */
                topicId?: (Uint8Array|null);

                /** Attach partition */
                partition?: (number|null);

                /** Attach brokerEpoch */
                brokerEpoch?: (number|null);

                /** Attach leaderEpoch */
                leaderEpoch?: (number|null);

                /** Attach logEndOffset */
                logEndOffset?: (number|null);

                /** Attach lastEpoch */
                lastEpoch?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Attach. */
            type $Shape = hapax.v1.Attach.$Properties;
        }

        /**
         * Properties of an Ack.
         * @deprecated Use hapax.v1.Ack.$Properties instead.
         */
        interface IAck extends hapax.v1.Ack.$Properties {
        }

        /** Represents an Ack. */
        class Ack {

            /**
             * Constructs a new Ack.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.Ack.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Ack partitions. */
            partitions: hapax.v1.PartitionAck.$Properties[];

            /**
             * Encodes the specified Ack message. Does not implicitly {@link hapax.v1.Ack.verify|verify} messages.
             * @param message Ack message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.Ack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Ack message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.Ack & hapax.v1.Ack.$Shape} Ack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.Ack & hapax.v1.Ack.$Shape;
        }

        namespace Ack {

            /** Properties of an Ack. */
            interface $Properties {

                /** Ack partitions */
                partitions?: (hapax.v1.PartitionAck.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Ack. */
            type $Shape = hapax.v1.Ack.$Properties;
        }

        /**
         * Properties of a PartitionAck.
         * @deprecated Use hapax.v1.PartitionAck.$Properties instead.
         */
        interface IPartitionAck extends hapax.v1.PartitionAck.$Properties {
        }

        /** Represents a PartitionAck. */
        class PartitionAck {

            /**
             * Constructs a new PartitionAck.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.PartitionAck.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** PartitionAck attachId. */
            attachId: number;

            /** PartitionAck leaderEpoch. */
            leaderEpoch: number;

            /** PartitionAck durableOffset. */
            durableOffset: number;

            /** PartitionAck logStartOffset. */
            logStartOffset: number;

            /**
             * Encodes the specified PartitionAck message. Does not implicitly {@link hapax.v1.PartitionAck.verify|verify} messages.
             * @param message PartitionAck message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.PartitionAck.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a PartitionAck message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.PartitionAck & hapax.v1.PartitionAck.$Shape} PartitionAck
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.PartitionAck & hapax.v1.PartitionAck.$Shape;
        }

        namespace PartitionAck {

            /** Properties of a PartitionAck. */
            interface $Properties {

                /** PartitionAck attachId */
                attachId?: (number|null);

                /** PartitionAck leaderEpoch */
                leaderEpoch?: (number|null);

                /** PartitionAck durableOffset */
                durableOffset?: (number|null);

                /** PartitionAck logStartOffset */
                logStartOffset?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a PartitionAck. */
            type $Shape = hapax.v1.PartitionAck.$Properties;
        }

        /**
         * Properties of a Detach.
         * @deprecated Use hapax.v1.Detach.$Properties instead.
         */
        interface IDetach extends hapax.v1.Detach.$Properties {
        }

        /** Represents a Detach. */
        class Detach {

            /**
             * Constructs a new Detach.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.Detach.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Detach attachId. */
            attachId: number;

            /**
             * Encodes the specified Detach message. Does not implicitly {@link hapax.v1.Detach.verify|verify} messages.
             * @param message Detach message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.Detach.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Detach message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.Detach & hapax.v1.Detach.$Shape} Detach
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.Detach & hapax.v1.Detach.$Shape;
        }

        namespace Detach {

            /** Properties of a Detach. */
            interface $Properties {

                /** Detach attachId */
                attachId?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Detach. */
            type $Shape = hapax.v1.Detach.$Properties;
        }

        /**
         * Properties of an Attached.
         * @deprecated Use hapax.v1.Attached.$Properties instead.
         */
        interface IAttached extends hapax.v1.Attached.$Properties {
        }

        /** Represents an Attached. */
        class Attached {

            /**
             * Constructs a new Attached.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.Attached.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Attached attachId. */
            attachId: number;

            /** Attached leaderEpoch. */
            leaderEpoch: number;

            /**
             * Encodes the specified Attached message. Does not implicitly {@link hapax.v1.Attached.verify|verify} messages.
             * @param message Attached message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.Attached.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Attached message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.Attached & hapax.v1.Attached.$Shape} Attached
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.Attached & hapax.v1.Attached.$Shape;
        }

        namespace Attached {

            /** Properties of an Attached. */
            interface $Properties {

                /** Attached attachId */
                attachId?: (number|null);

                /** Attached leaderEpoch */
                leaderEpoch?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Attached. */
            type $Shape = hapax.v1.Attached.$Properties;
        }

        /**
         * Properties of a TruncateOrder.
         * @deprecated Use hapax.v1.TruncateOrder.$Properties instead.
         */
        interface ITruncateOrder extends hapax.v1.TruncateOrder.$Properties {
        }

        /** Represents a TruncateOrder. */
        class TruncateOrder {

            /**
             * Constructs a new TruncateOrder.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.TruncateOrder.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TruncateOrder attachId. */
            attachId: number;

            /** TruncateOrder leaderEpoch. */
            leaderEpoch: number;

            /** TruncateOrder offset. */
            offset: number;

            /** TruncateOrder epoch. */
            epoch: number;

            /**
             * Encodes the specified TruncateOrder message. Does not implicitly {@link hapax.v1.TruncateOrder.verify|verify} messages.
             * @param message TruncateOrder message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.TruncateOrder.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TruncateOrder message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.TruncateOrder & hapax.v1.TruncateOrder.$Shape} TruncateOrder
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.TruncateOrder & hapax.v1.TruncateOrder.$Shape;
        }

        namespace TruncateOrder {

            /** Properties of a TruncateOrder. */
            interface $Properties {

                /** TruncateOrder attachId */
                attachId?: (number|null);

                /** TruncateOrder leaderEpoch */
                leaderEpoch?: (number|null);

                /** TruncateOrder offset */
                offset?: (number|null);

                /** TruncateOrder epoch */
                epoch?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a TruncateOrder. */
            type $Shape = hapax.v1.TruncateOrder.$Properties;
        }

        /**
         * Properties of an AttachRefused.
         * @deprecated Use hapax.v1.AttachRefused.$Properties instead.
         */
        interface IAttachRefused extends hapax.v1.AttachRefused.$Properties {
        }

        /** Represents an AttachRefused. */
        class AttachRefused {

            /**
             * Constructs a new AttachRefused.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.AttachRefused.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** AttachRefused attachId. */
            attachId: number;

            /** AttachRefused error. */
            error: number;

            /**
             * Encodes the specified AttachRefused message. Does not implicitly {@link hapax.v1.AttachRefused.verify|verify} messages.
             * @param message AttachRefused message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.AttachRefused.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an AttachRefused message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.AttachRefused & hapax.v1.AttachRefused.$Shape} AttachRefused
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.AttachRefused & hapax.v1.AttachRefused.$Shape;
        }

        namespace AttachRefused {

            /** Properties of an AttachRefused. */
            interface $Properties {

                /** AttachRefused attachId */
                attachId?: (number|null);

                /** AttachRefused error */
                error?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an AttachRefused. */
            type $Shape = hapax.v1.AttachRefused.$Properties;
        }

        /**
         * Properties of a Push.
         * @deprecated Use hapax.v1.Push.$Properties instead.
         */
        interface IPush extends hapax.v1.Push.$Properties {
        }

        /** Represents a Push. */
        class Push {

            /**
             * Constructs a new Push.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.Push.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Push partitions. */
            partitions: hapax.v1.PartitionPush.$Properties[];

            /**
             * Encodes the specified Push message. Does not implicitly {@link hapax.v1.Push.verify|verify} messages.
             * @param message Push message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.Push.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Push message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.Push & hapax.v1.Push.$Shape} Push
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.Push & hapax.v1.Push.$Shape;
        }

        namespace Push {

            /** Properties of a Push. */
            interface $Properties {

                /** Push partitions */
                partitions?: (hapax.v1.PartitionPush.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Push. */
            type $Shape = hapax.v1.Push.$Properties;
        }

        /**
         * Properties of a PartitionPush.
         * @deprecated Use hapax.v1.PartitionPush.$Properties instead.
         */
        interface IPartitionPush extends hapax.v1.PartitionPush.$Properties {
        }

        /** Represents a PartitionPush. */
        class PartitionPush {

            /**
             * Constructs a new PartitionPush.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.PartitionPush.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** PartitionPush attachId. */
            attachId: number;

            /** PartitionPush leaderEpoch. */
            leaderEpoch: number;

            /** PartitionPush baseOffset. */
            baseOffset: number;

            /** PartitionPush highWatermark. */
            highWatermark: number;

            /** PartitionPush logStartOffset. */
            logStartOffset: number;

            /** PartitionPush records. */
            records: Uint8Array;

            /**
             * Encodes the specified PartitionPush message. Does not implicitly {@link hapax.v1.PartitionPush.verify|verify} messages.
             * @param message PartitionPush message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.PartitionPush.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a PartitionPush message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.PartitionPush & hapax.v1.PartitionPush.$Shape} PartitionPush
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.PartitionPush & hapax.v1.PartitionPush.$Shape;
        }

        namespace PartitionPush {

            /** Properties of a PartitionPush. */
            interface $Properties {

                /** PartitionPush attachId */
                attachId?: (number|null);

                /** PartitionPush leaderEpoch */
                leaderEpoch?: (number|null);

                /** PartitionPush baseOffset */
                baseOffset?: (number|null);

                /** PartitionPush highWatermark */
                highWatermark?: (number|null);

                /** PartitionPush logStartOffset */
                logStartOffset?: (number|null);

                /** PartitionPush records */
                records?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a PartitionPush. */
            type $Shape = hapax.v1.PartitionPush.$Properties;
        }

        /**
         * Properties of a TransactionCalls.
         * @deprecated Use hapax.v1.TransactionCalls.$Properties instead.
         */
        interface ITransactionCalls extends hapax.v1.TransactionCalls.$Properties {
        }

        /** Represents a TransactionCalls. */
        class TransactionCalls {

            /**
             * Constructs a new TransactionCalls.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.TransactionCalls.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TransactionCalls calls. */
            calls: hapax.v1.TransactionCall.$Properties[];

            /**
             * Encodes the specified TransactionCalls message. Does not implicitly {@link hapax.v1.TransactionCalls.verify|verify} messages.
             * @param message TransactionCalls message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.TransactionCalls.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TransactionCalls message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.TransactionCalls & hapax.v1.TransactionCalls.$Shape} TransactionCalls
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.TransactionCalls & hapax.v1.TransactionCalls.$Shape;
        }

        namespace TransactionCalls {

            /** Properties of a TransactionCalls. */
            interface $Properties {

                /** TransactionCalls calls */
                calls?: (hapax.v1.TransactionCall.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a TransactionCalls. */
            type $Shape = {
              calls?: hapax.v1.TransactionCall.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a TransactionCall.
         * @deprecated Use hapax.v1.TransactionCall.$Properties instead.
         */
        interface ITransactionCall extends hapax.v1.TransactionCall.$Properties {
        }

        /** Represents a TransactionCall. */
        class TransactionCall {

            /**
             * Constructs a new TransactionCall.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.TransactionCall.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TransactionCall requestId. */
            requestId: number;

            /** TransactionCall writeMarkers. */
            writeMarkers?: (hapax.v1.WriteMarkers.$Properties|null);

            /** TransactionCall addPartitions. */
            addPartitions?: (hapax.v1.AddPartitions.$Properties|null);

            /** TransactionCall findTransaction. */
            findTransaction?: (hapax.v1.FindTransaction.$Properties|null);

            /** TransactionCall call. */
            call?: ("writeMarkers"|"addPartitions"|"findTransaction");

            /**
             * Encodes the specified TransactionCall message. Does not implicitly {@link hapax.v1.TransactionCall.verify|verify} messages.
             * @param message TransactionCall message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.TransactionCall.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TransactionCall message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.TransactionCall & hapax.v1.TransactionCall.$Shape} TransactionCall
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.TransactionCall & hapax.v1.TransactionCall.$Shape;
        }

        namespace TransactionCall {

            /** Properties of a TransactionCall. */
            interface $Properties {

                /** TransactionCall requestId */
                requestId?: (number|null);

                /** TransactionCall writeMarkers */
                writeMarkers?: (hapax.v1.WriteMarkers.$Properties|null);

                /** TransactionCall addPartitions */
                addPartitions?: (hapax.v1.AddPartitions.$Properties|null);

                /** TransactionCall findTransaction */
                findTransaction?: (hapax.v1.FindTransaction.$Properties|null);

                /** TransactionCall call */
                call?: ("writeMarkers"|"addPartitions"|"findTransaction");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a TransactionCall. */
            type $Shape = {
              requestId?: number|null;
              writeMarkers?: hapax.v1.WriteMarkers.$Shape|null;
              addPartitions?: hapax.v1.AddPartitions.$Shape|null;
              findTransaction?: hapax.v1.FindTransaction.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ call?: undefined; writeMarkers?: null; addPartitions?: null; findTransaction?: null }|{ call?: "writeMarkers"; writeMarkers: hapax.v1.WriteMarkers.$Shape; addPartitions?: null; findTransaction?: null }|{ call?: "addPartitions"; writeMarkers?: null; addPartitions: hapax.v1.AddPartitions.$Shape; findTransaction?: null }|{ call?: "findTransaction"; writeMarkers?: null; addPartitions?: null; findTransaction: hapax.v1.FindTransaction.$Shape })
            );
        }

        /**
         * Properties of a TransactionReplies.
         * @deprecated Use hapax.v1.TransactionReplies.$Properties instead.
         */
        interface ITransactionReplies extends hapax.v1.TransactionReplies.$Properties {
        }

        /** Represents a TransactionReplies. */
        class TransactionReplies {

            /**
             * Constructs a new TransactionReplies.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.TransactionReplies.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TransactionReplies replies. */
            replies: hapax.v1.TransactionReply.$Properties[];

            /**
             * Encodes the specified TransactionReplies message. Does not implicitly {@link hapax.v1.TransactionReplies.verify|verify} messages.
             * @param message TransactionReplies message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.TransactionReplies.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TransactionReplies message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.TransactionReplies & hapax.v1.TransactionReplies.$Shape} TransactionReplies
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.TransactionReplies & hapax.v1.TransactionReplies.$Shape;
        }

        namespace TransactionReplies {

            /** Properties of a TransactionReplies. */
            interface $Properties {

                /** TransactionReplies replies */
                replies?: (hapax.v1.TransactionReply.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a TransactionReplies. */
            type $Shape = {
              replies?: hapax.v1.TransactionReply.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a TransactionReply.
         * @deprecated Use hapax.v1.TransactionReply.$Properties instead.
         */
        interface ITransactionReply extends hapax.v1.TransactionReply.$Properties {
        }

        /** Represents a TransactionReply. */
        class TransactionReply {

            /**
             * Constructs a new TransactionReply.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.TransactionReply.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TransactionReply requestId. */
            requestId: number;

            /** TransactionReply markersWritten. */
            markersWritten?: (hapax.v1.MarkersWritten.$Properties|null);

            /** TransactionReply partitionsAdded. */
            partitionsAdded?: (hapax.v1.PartitionsAdded.$Properties|null);

            /** TransactionReply transactionFound. */
            transactionFound?: (hapax.v1.TransactionFound.$Properties|null);

            /** TransactionReply reply. */
            reply?: ("markersWritten"|"partitionsAdded"|"transactionFound");

            /**
             * Encodes the specified TransactionReply message. Does not implicitly {@link hapax.v1.TransactionReply.verify|verify} messages.
             * @param message TransactionReply message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.TransactionReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TransactionReply message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.TransactionReply & hapax.v1.TransactionReply.$Shape} TransactionReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.TransactionReply & hapax.v1.TransactionReply.$Shape;
        }

        namespace TransactionReply {

            /** Properties of a TransactionReply. */
            interface $Properties {

                /** TransactionReply requestId */
                requestId?: (number|null);

                /** TransactionReply markersWritten */
                markersWritten?: (hapax.v1.MarkersWritten.$Properties|null);

                /** TransactionReply partitionsAdded */
                partitionsAdded?: (hapax.v1.PartitionsAdded.$Properties|null);

                /** TransactionReply transactionFound */
                transactionFound?: (hapax.v1.TransactionFound.$Properties|null);

                /** TransactionReply reply */
                reply?: ("markersWritten"|"partitionsAdded"|"transactionFound");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a TransactionReply. */
            type $Shape = {
              requestId?: number|null;
              markersWritten?: hapax.v1.MarkersWritten.$Shape|null;
              partitionsAdded?: hapax.v1.PartitionsAdded.$Shape|null;
              transactionFound?: hapax.v1.TransactionFound.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ reply?: undefined; markersWritten?: null; partitionsAdded?: null; transactionFound?: null }|{ reply?: "markersWritten"; markersWritten: hapax.v1.MarkersWritten.$Shape; partitionsAdded?: null; transactionFound?: null }|{ reply?: "partitionsAdded"; markersWritten?: null; partitionsAdded: hapax.v1.PartitionsAdded.$Shape; transactionFound?: null }|{ reply?: "transactionFound"; markersWritten?: null; partitionsAdded?: null; transactionFound: hapax.v1.TransactionFound.$Shape })
            );
        }

        /**
         * Properties of a TopicPartitions.
         * @deprecated Use hapax.v1.TopicPartitions.$Properties instead.
         */
        interface ITopicPartitions extends hapax.v1.TopicPartitions.$Properties {
        }

        /** Represents a TopicPartitions. */
        class TopicPartitions {

            /**
             * Constructs a new TopicPartitions.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.TopicPartitions.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TopicPartitions topic. */
            topic: string;

            /** TopicPartitions partitions. */
            partitions: number[];

            /**
             * Encodes the specified TopicPartitions message. Does not implicitly {@link hapax.v1.TopicPartitions.verify|verify} messages.
             * @param message TopicPartitions message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.TopicPartitions.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TopicPartitions message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.TopicPartitions & hapax.v1.TopicPartitions.$Shape} TopicPartitions
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.TopicPartitions & hapax.v1.TopicPartitions.$Shape;
        }

        namespace TopicPartitions {

            /** Properties of a TopicPartitions. */
            interface $Properties {

                /** TopicPartitions topic */
                topic?: (string|null);

                /** TopicPartitions partitions */
                partitions?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a TopicPartitions. */
            type $Shape = hapax.v1.TopicPartitions.$Properties;
        }

        /**
         * Properties of a WriteMarkers.
         * @deprecated Use hapax.v1.WriteMarkers.$Properties instead.
         */
        interface IWriteMarkers extends hapax.v1.WriteMarkers.$Properties {
        }

        /** Represents a WriteMarkers. */
        class WriteMarkers {

            /**
             * Constructs a new WriteMarkers.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.WriteMarkers.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** WriteMarkers markers. */
            markers: hapax.v1.Marker.$Properties[];

            /**
             * Encodes the specified WriteMarkers message. Does not implicitly {@link hapax.v1.WriteMarkers.verify|verify} messages.
             * @param message WriteMarkers message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.WriteMarkers.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a WriteMarkers message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.WriteMarkers & hapax.v1.WriteMarkers.$Shape} WriteMarkers
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.WriteMarkers & hapax.v1.WriteMarkers.$Shape;
        }

        namespace WriteMarkers {

            /** Properties of a WriteMarkers. */
            interface $Properties {

                /** WriteMarkers markers */
                markers?: (hapax.v1.Marker.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a WriteMarkers. */
            type $Shape = hapax.v1.WriteMarkers.$Properties;
        }

        /**
         * Properties of a Marker.
         * @deprecated Use hapax.v1.Marker.$Properties instead.
         */
        interface IMarker extends hapax.v1.Marker.$Properties {
        }

        /** Represents a Marker. */
        class Marker {

            /**
             * Constructs a new Marker.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.Marker.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Marker producerId. */
            producerId: number;

            /** Marker producerEpoch. */
            producerEpoch: number;

            /** Marker coordinatorEpoch. */
            coordinatorEpoch: number;

            /** Marker commit. */
            commit: boolean;

            /** Marker transactionVersion. */
            transactionVersion: number;

            /** Marker topics. */
            topics: hapax.v1.TopicPartitions.$Properties[];

            /**
             * Encodes the specified Marker message. Does not implicitly {@link hapax.v1.Marker.verify|verify} messages.
             * @param message Marker message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.Marker.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Marker message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.Marker & hapax.v1.Marker.$Shape} Marker
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.Marker & hapax.v1.Marker.$Shape;
        }

        namespace Marker {

            /** Properties of a Marker. */
            interface $Properties {

                /** Marker producerId */
                producerId?: (number|null);

                /** Marker producerEpoch */
                producerEpoch?: (number|null);

                /** Marker coordinatorEpoch */
                coordinatorEpoch?: (number|null);

                /** Marker commit */
                commit?: (boolean|null);

                /** Marker transactionVersion */
                transactionVersion?: (number|null);

                /** Marker topics */
                topics?: (hapax.v1.TopicPartitions.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Marker. */
            type $Shape = hapax.v1.Marker.$Properties;
        }

        /**
         * Properties of a MarkersWritten.
         * @deprecated Use hapax.v1.MarkersWritten.$Properties instead.
         */
        interface IMarkersWritten extends hapax.v1.MarkersWritten.$Properties {
        }

        /** Represents a MarkersWritten. */
        class MarkersWritten {

            /**
             * Constructs a new MarkersWritten.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.MarkersWritten.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** MarkersWritten errors. */
            errors: number[];

            /**
             * Encodes the specified MarkersWritten message. Does not implicitly {@link hapax.v1.MarkersWritten.verify|verify} messages.
             * @param message MarkersWritten message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.MarkersWritten.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a MarkersWritten message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.MarkersWritten & hapax.v1.MarkersWritten.$Shape} MarkersWritten
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.MarkersWritten & hapax.v1.MarkersWritten.$Shape;
        }

        namespace MarkersWritten {

            /** Properties of a MarkersWritten. */
            interface $Properties {

                /** MarkersWritten errors */
                errors?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a MarkersWritten. */
            type $Shape = hapax.v1.MarkersWritten.$Properties;
        }

        /**
         * Properties of an AddPartitions.
         * @deprecated Use hapax.v1.AddPartitions.$Properties instead.
         */
        interface IAddPartitions extends hapax.v1.AddPartitions.$Properties {
        }

        /** Represents an AddPartitions. */
        class AddPartitions {

            /**
             * Constructs a new AddPartitions.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.AddPartitions.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** AddPartitions transactionalId. */
            transactionalId: string;

            /** AddPartitions producerId. */
            producerId: number;

            /** AddPartitions producerEpoch. */
            producerEpoch: number;

            /** AddPartitions verifyOnly. */
            verifyOnly: boolean;

            /** AddPartitions topics. */
            topics: hapax.v1.TopicPartitions.$Properties[];

            /**
             * Encodes the specified AddPartitions message. Does not implicitly {@link hapax.v1.AddPartitions.verify|verify} messages.
             * @param message AddPartitions message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.AddPartitions.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an AddPartitions message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.AddPartitions & hapax.v1.AddPartitions.$Shape} AddPartitions
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.AddPartitions & hapax.v1.AddPartitions.$Shape;
        }

        namespace AddPartitions {

            /** Properties of an AddPartitions. */
            interface $Properties {

                /** AddPartitions transactionalId */
                transactionalId?: (string|null);

                /** AddPartitions producerId */
                producerId?: (number|null);

                /** AddPartitions producerEpoch */
                producerEpoch?: (number|null);

                /** AddPartitions verifyOnly */
                verifyOnly?: (boolean|null);

                /** AddPartitions topics */
                topics?: (hapax.v1.TopicPartitions.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an AddPartitions. */
            type $Shape = hapax.v1.AddPartitions.$Properties;
        }

        /**
         * Properties of a PartitionsAdded.
         * @deprecated Use hapax.v1.PartitionsAdded.$Properties instead.
         */
        interface IPartitionsAdded extends hapax.v1.PartitionsAdded.$Properties {
        }

        /** Represents a PartitionsAdded. */
        class PartitionsAdded {

            /**
             * Constructs a new PartitionsAdded.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.PartitionsAdded.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** PartitionsAdded errors. */
            errors: number[];

            /**
             * Encodes the specified PartitionsAdded message. Does not implicitly {@link hapax.v1.PartitionsAdded.verify|verify} messages.
             * @param message PartitionsAdded message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.PartitionsAdded.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a PartitionsAdded message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.PartitionsAdded & hapax.v1.PartitionsAdded.$Shape} PartitionsAdded
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.PartitionsAdded & hapax.v1.PartitionsAdded.$Shape;
        }

        namespace PartitionsAdded {

            /** Properties of a PartitionsAdded. */
            interface $Properties {

                /** PartitionsAdded errors */
                errors?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a PartitionsAdded. */
            type $Shape = hapax.v1.PartitionsAdded.$Properties;
        }

        /**
         * Properties of a FindTransaction.
         * @deprecated Use hapax.v1.FindTransaction.$Properties instead.
         */
        interface IFindTransaction extends hapax.v1.FindTransaction.$Properties {
        }

        /** Represents a FindTransaction. */
        class FindTransaction {

            /**
             * Constructs a new FindTransaction.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.FindTransaction.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** FindTransaction producerId. */
            producerId: number;

            /**
             * Encodes the specified FindTransaction message. Does not implicitly {@link hapax.v1.FindTransaction.verify|verify} messages.
             * @param message FindTransaction message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.FindTransaction.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a FindTransaction message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.FindTransaction & hapax.v1.FindTransaction.$Shape} FindTransaction
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.FindTransaction & hapax.v1.FindTransaction.$Shape;
        }

        namespace FindTransaction {

            /** Properties of a FindTransaction. */
            interface $Properties {

                /** FindTransaction producerId */
                producerId?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a FindTransaction. */
            type $Shape = hapax.v1.FindTransaction.$Properties;
        }

        /**
         * Properties of a TransactionFound.
         * @deprecated Use hapax.v1.TransactionFound.$Properties instead.
         */
        interface ITransactionFound extends hapax.v1.TransactionFound.$Properties {
        }

        /** Represents a TransactionFound. */
        class TransactionFound {

            /**
             * Constructs a new TransactionFound.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.TransactionFound.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TransactionFound searched. */
            searched: number[];

            /** TransactionFound transactions. */
            transactions: hapax.v1.FoundTransaction.$Properties[];

            /**
             * Encodes the specified TransactionFound message. Does not implicitly {@link hapax.v1.TransactionFound.verify|verify} messages.
             * @param message TransactionFound message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.TransactionFound.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TransactionFound message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.TransactionFound & hapax.v1.TransactionFound.$Shape} TransactionFound
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.TransactionFound & hapax.v1.TransactionFound.$Shape;
        }

        namespace TransactionFound {

            /** Properties of a TransactionFound. */
            interface $Properties {

                /** TransactionFound searched */
                searched?: (number[]|null);

                /** TransactionFound transactions */
                transactions?: (hapax.v1.FoundTransaction.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a TransactionFound. */
            type $Shape = hapax.v1.TransactionFound.$Properties;
        }

        /**
         * Properties of a FoundTransaction.
         * @deprecated Use hapax.v1.FoundTransaction.$Properties instead.
         */
        interface IFoundTransaction extends hapax.v1.FoundTransaction.$Properties {
        }

        /** Represents a FoundTransaction. */
        class FoundTransaction {

            /**
             * Constructs a new FoundTransaction.
             * @param [properties] Properties to set
             */
            constructor(properties?: hapax.v1.FoundTransaction.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** FoundTransaction transactionalId. */
            transactionalId: string;

            /** FoundTransaction producerEpoch. */
            producerEpoch: number;

            /** FoundTransaction state. */
            state: string;

            /** FoundTransaction topics. */
            topics: hapax.v1.TopicPartitions.$Properties[];

            /**
             * Encodes the specified FoundTransaction message. Does not implicitly {@link hapax.v1.FoundTransaction.verify|verify} messages.
             * @param message FoundTransaction message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hapax.v1.FoundTransaction.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a FoundTransaction message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hapax.v1.FoundTransaction & hapax.v1.FoundTransaction.$Shape} FoundTransaction
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hapax.v1.FoundTransaction & hapax.v1.FoundTransaction.$Shape;
        }

        namespace FoundTransaction {

            /** Properties of a FoundTransaction. */
            interface $Properties {

                /** FoundTransaction transactionalId */
                transactionalId?: (string|null);

                /** FoundTransaction producerEpoch */
                producerEpoch?: (number|null);

                /** FoundTransaction state */
                state?: (string|null);

                /** FoundTransaction topics */
                topics?: (hapax.v1.TopicPartitions.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a FoundTransaction. */
            type $Shape = hapax.v1.FoundTransaction.$Properties;
        }
    }
}
