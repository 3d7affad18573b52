/** All kinds of faults that the simulator can inject: one row a kind, one file a family. */
import { CLOCK_FAULTS } from './clock-faults.ts';
import { CLUSTER_FAULTS } from './cluster-faults.ts';
import { DISK_FAULTS } from './disk-faults.ts';
import type { FaultTable } from './fault.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import { PROCESS_FAULTS } from './process-faults.ts';

/** By kind; a kind that is missing here cannot be injected, and the atlas says why. */
export const FAULT_TABLE: FaultTable = {
  ...NETWORK_FAULTS,
  ...PROCESS_FAULTS,
  ...DISK_FAULTS,
  ...CLOCK_FAULTS,
  ...CLUSTER_FAULTS,
};
