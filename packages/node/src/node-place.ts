/** Who and where a node is, once everything that a configuration may leave open is known. */
import type { NodeRole } from '@hapax/broker';
import { randomUuid, type Endpoint, type Random } from '@hapax/base';
import { configInvalid, type NodeConfig } from './config.ts';
import type { ControllerAddress } from './config-key.ts';
import type { Identity } from './data-directory.ts';

/** A node's place in its cluster. */
export interface NodePlace extends Identity {
  readonly roles: readonly NodeRole[];
  readonly peerEndpoint: Endpoint;
  readonly kafkaEndpoint: Endpoint;
  readonly controllers: readonly ControllerAddress[];
}

/** What the host and the data directory say. */
export interface Surroundings {
  readonly hostName: string;
  /** What `meta.json` says; undefined at the first start. */
  readonly found: Identity | undefined;
  readonly random: Random;
}

/**
 * Who the node is. `auto` is the number that the host name ends in, or what the data directory says, or 1. The
 * cluster's
 * name is drawn only by a node that is its own only controller. Throws `config-invalid` where it must be said.
 */
export function resolveIdentity(config: NodeConfig, surroundings: Surroundings): Identity {
  const { values } = config;
  const { hostName, found, random } = surroundings;
  const ordinal = /-(?<ordinal>\d{1,9})$/u.exec(hostName)?.groups?.['ordinal'];
  const nodeId = values['node.id'] === 'auto' ? Number(ordinal ?? found?.nodeId ?? 1) : values['node.id'];
  const isAlone = values.controllers.every(({ id }) => id === nodeId);
  if (values['cluster.id'] !== '') return { clusterId: values['cluster.id'], nodeId };
  if (!isAlone) throw configInvalid(['cluster.id is empty; set the same name on every node of the cluster']);
  return { clusterId: found?.clusterId ?? randomUuid(random), nodeId };
}

/** Where the node is, given the ports on which it listens. Throws `config-invalid` where the settings contradict. */
export function resolvePlace(
  config: NodeConfig,
  identity: Identity,
  bound: { readonly hostName: string; readonly kafkaPort: number; readonly peerPort: number },
): NodePlace {
  const { values } = config;
  const host = values['node.host'] === 'auto' ? bound.hostName : values['node.host'];
  const advertised = values.advertised;
  const peerEndpoint = { host, port: bound.peerPort };
  const alone = { id: identity.nodeId, endpoint: peerEndpoint };
  const controllers = values.controllers.length === 0 ? [alone] : values.controllers;
  return {
    ...identity,
    roles: resolveRoles(config, identity.nodeId, controllers),
    peerEndpoint,
    kafkaEndpoint: advertised === 'auto' ? { host, port: bound.kafkaPort } : advertised,
    controllers,
  };
}

function resolveRoles(
  config: NodeConfig,
  nodeId: number,
  controllers: readonly ControllerAddress[],
): readonly NodeRole[] {
  const isListed = controllers.some(({ id }) => id === nodeId);
  const { roles } = config.values;
  if (roles === 'auto') return isListed ? ['broker', 'controller'] : ['broker'];
  if (roles.includes('controller') === isListed) return roles;
  const [does, should] = isListed ? ['names', 'holds no'] : ['does not name', 'holds'];
  const problem = `controllers ${does} this node (${nodeId}), but roles ${should} controller`;
  throw configInvalid([`${problem}; leave roles at auto`]);
}
