/** Faults of disks: what fails, is full, or is slow. */
import type { FaultTable } from './fault.ts';


/** By kind. */
export const DISK_FAULTS: FaultTable = {
  'slow-disk': {
    draw: (draw) => ({ target: draw.node(), parameters: { times: draw.pick([10, 50]) } }),
    inject: (fault) => {
      for (const node of fault.nodes) fault.until(fault.world.disks.slowDown(node, fault.number('times', 50)));
    },
  },
  'disk-full': {
    draw: (draw) => ({ target: draw.node(), parameters: { spareBytes: draw.random.nextInt(64 << 10) } }),
    inject: (fault) => {
      // Something else takes the space, but for a part of what the node keeps in reserve.
      const reserveBytes = fault.plan.shape.journalFileBytes * 2;
      for (const node of fault.nodes) {
        node.disk.capacityBytes = node.disk.usedBytes() + reserveBytes + fault.number('spareBytes', 0);
        fault.until(() => (node.disk.capacityBytes = Number.MAX_SAFE_INTEGER));
      }
    },
  },
  'sync-error': {
    draw: (draw) => ({ target: draw.node(), parameters: { after: draw.random.nextInt(10) } }),
    inject: (fault) => {
      for (const node of fault.nodes) {
        if (node.isUp) fault.world.disks.failSync(node, fault.number('after', 0), () => fault.took());
      }
    },
  },
};
