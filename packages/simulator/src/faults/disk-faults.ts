/** Faults of disks: what fails, is full, slow or stale, and what a loss of power or the years do to their bytes. */
import type { WriteFate } from '@hapax/testkit';
import { ProcessEnded, type SimNode } from '../sim-node.ts';
import { type DamageableFile, damageableFiles, drawBit, offsetAt, sizeOf } from './disk-damage.ts';
import type { Fault, FaultRow, FaultTable } from './fault.ts';

/** By kind. */
export const DISK_FAULTS: FaultTable = {
  'slow-disk': {
    draw: (draw) => ({
      target: draw.node(), parameters: { times: draw.pick([10, 50]), stalls: draw.random.nextInt(4) === 0 },
    }),
    inject: (fault) => fault.nodes.forEach((node) => slowDown(fault, node)),
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
  'write-error': {
    draw: (draw) => ({
      target: draw.node(), parameters: { after: draw.random.nextInt(30), isStore: draw.random.nextInt(3) === 0 },
    }),
    inject: (fault) => failOperation(fault, fault.step.parameters?.['isStore'] === true ? 'store' : 'write'),
  },
  'read-error': {
    draw: (draw) => ({ target: draw.node(), parameters: { after: draw.random.nextInt(3) } }),
    inject: (fault) => failOperation(fault, 'read'),
  },
  'sync-error': {
    draw: (draw) => ({ target: draw.node(), parameters: { after: draw.random.nextInt(10) } }),
    inject: (fault) => failOperation(fault, 'sync'),
  },
  'stale-read': {
    draw: (draw) => ({ target: draw.node(), parameters: { after: draw.random.nextInt(3) } }),
    inject: (fault) => {
      for (const node of fault.nodes) {
        if (!node.isUp || !fault.world.disks.mayDamage(node)) continue;
        fault.world.disks.damaged(node);
        node.disk.readStaleOnce((path) => path.endsWith('.log'), fault.number('after', 0));
        fault.took();
      }
    },
  },
  'torn-write': powerLossWith('torn'),
  'lost-write': powerLossWith('lost'),
  'misdirected-write': powerLossWith('misdirected'),
  'reordered-writes': powerLossWith('reordered'),
  'unsynced-rename': {
    draw: (draw) => ({ target: draw.someNodes(), parameters: { isAll: draw.random.nextInt(2) === 0 } }),
    inject: (fault) => {
      const names = fault.step.parameters?.['isAll'] === true ? 'none' : 'any';
      for (const node of fault.nodes) {
        if (fault.world.kill(node, { powerLoss: true, names, downMs: fault.step.forMs })) fault.took();
      }
    },
  },
  'bit-rot': {
    draw: (draw) => ({
      target: `node(${draw.random.nextInt(draw.plan.shape.nodes)})`,
      forMs: draw.ms(draw.plan.meanFaultDurationMs) * 5,
      parameters: {
        restarts: draw.random.nextInt(2) === 0, all: draw.random.nextInt(2) === 0,
        isStore: draw.random.nextInt(3) === 0,
      },
    }),
    inject: (fault) => fault.nodes.forEach((node) => untilDone(fault, () => rot(fault, node))),
  },
  'truncated-file': damageAtRest((fault, node, path) =>
    node.disk.cut(path, fault.random.nextInt(Math.max(1, sizeOf(node, path))))),
  'deleted-file': damageAtRest((_fault, node, path) => node.disk.lose(path)),
};

function slowDown(fault: Fault, node: SimNode): void {
  if (fault.step.parameters?.['stalls'] !== true) {
    return fault.until(fault.world.disks.slowDown(node, fault.number('times', 50)));
  }
  node.disk.stallSyncs();
  fault.until(() => node.disk.resumeSyncs());
}

function failOperation(fault: Fault, operation: 'read' | 'write' | 'sync' | 'store'): void {
  for (const node of fault.nodes) {
    if (node.isUp) fault.world.disks.fail(node, operation, fault.number('after', 0), () => fault.took());
  }
}

/** The power goes, often in the midst of writes or of the start after it, and what was not synced has its fate. */
function powerLossWith(writes: WriteFate): FaultRow {
  return {
    draw: (draw) => {
      const node = draw.node();
      const nth = 1 + draw.random.nextInt(50);
      const isAtWrite = draw.random.nextInt(2) === 0;
      const parameters = { again: draw.pick([0, 0, 1, 3]), aliveMs: draw.ms(draw.pick([5, 40, 300])) };
      if (isAtWrite) return { target: 'event.node', when: { event: 'disk-written', nth, on: node }, parameters };
      return { target: draw.pick([node, draw.someNodes(), 'all']), parameters };
    },
    inject: (fault) => {
      const { nodes, eventNode, world, step } = fault;
      const isInEvent = eventNode !== undefined && nodes.includes(eventNode) && !eventNode.host.isPaused;
      if (eventNode !== undefined && !isInEvent) return;
      const kill = (times: number): void => {
        for (const node of nodes) {
          if (world.kill(node, { powerLoss: true, writes, downMs: step.forMs })) fault.took();
        }
        const aliveMs = fault.number('aliveMs', 0) * (0.5 + fault.random.nextFloat());
        if (times > 0) world.later(step.forMs + aliveMs, () => kill(times - 1));
      };
      kill(fault.number('again', 0));
      if (isInEvent) throw new ProcessEnded('its power went while it wrote');
    },
  };
}

/** Bits of a closed segment, of what is made from it, or of the store of the controllers change, and stay so. */
function rot(fault: Fault, node: SimNode): boolean {
  const { world, random } = fault;
  if (!node.isUp || !world.disks.mayDamage(node)) return false;
  const mend = fault.step.parameters?.['isStore'] === true ? rotStore(fault, node) : rotFile(fault, node);
  if (mend === undefined) return false;
  world.disks.damaged(node);
  fault.until(mend);
  if (fault.step.parameters?.['restarts'] !== true) return true;
  const downMs = random.nextInt(1 + Math.floor(fault.step.forMs / 2));
  world.kill(node, { powerLoss: random.nextInt(2) === 0, downMs });
  killOthers(fault);
  return true;
}

/** With everybody down, who registers last is the last one in sync: he must not lead for it with half a log. */
function killOthers(fault: Fault): void {
  if (fault.step.parameters?.['all'] !== true) return;
  for (const node of fault.world.nodes) {
    fault.world.kill(node, { powerLoss: false, downMs: 300 * fault.random.nextFloat() });
  }
}

/** There may be nothing yet that could be damaged. */
function untilDone(fault: Fault, attempt: () => boolean, attempts = 40): void {
  if (attempt() || attempts === 0) return;
  fault.world.later(250, () => untilDone(fault, attempt, attempts - 1));
}

function rotStore({ random }: Fault, node: SimNode): (() => void) | undefined {
  const key = pick(random, node.store.durableKeys().filter((each) => each.startsWith('raft/')));
  const sizeBytes = key === undefined ? 0 : (node.store.durableValue(key)?.length ?? 0);
  if (key === undefined || sizeBytes === 0) return undefined;
  const { position, bits } = drawBit(random, sizeBytes);
  return node.store.rot(key, position, bits);
}

function rotFile({ world, random }: Fault, node: SimNode): (() => void) | undefined {
  const logs = node.broker?.services.partitions.logs.logs() ?? [];
  const file = pickFile(random, damageableFiles(world, node, logs));
  const sizeBytes = file === undefined ? 0 : sizeOf(node, file.path);
  if (file === undefined || sizeBytes === 0) return undefined;
  const { position, bits } = drawBit(random, sizeBytes);
  const { path, log, baseOffset } = file;
  const offset = baseOffset === undefined ? undefined : offsetAt(node, file, position);
  if (baseOffset !== undefined && offset === undefined) return undefined;
  let isOver = false;
  const mend = node.disk.rot(path, position, bits);
  if (offset !== undefined) {
    const { topicId, partition } = log;
    world.watch.storage.onDamaged(node.id, { topicId, partition, offset, isOver: () => isOver });
  }
  world.note('rotten', { node: node.id, path, position, ...(offset === undefined ? {} : { offset }) });
  return () => {
    isOver = true;
    mend();
  };
}

/** A node goes down, and comes back with a file that is not what it was. */
function damageAtRest(damage: (fault: Fault, node: SimNode, path: string) => void): FaultRow {
  return {
    draw: (draw) => {
      const all = draw.random.nextInt(2) === 0;
      const target = `node(${draw.random.nextInt(draw.plan.shape.nodes)})`;
      const { sessionTimeoutMs } = draw.plan.shape;
      return { target, parameters: { all }, ...(all ? { forMs: sessionTimeoutMs * draw.pick([0.5, 1, 1.5]) } : {}) };
    },
    inject: (fault) => fault.nodes.forEach((node) => untilDone(fault, () => damageOne(fault, node, damage))),
  };
}

function damageOne(
  fault: Fault, node: SimNode, damage: (fault: Fault, node: SimNode, path: string) => void,
): boolean {
  const { world, random } = fault;
  if (!node.isUp || !world.disks.mayDamage(node)) return false;
  const logs = node.broker?.services.partitions.logs.logs() ?? [];
  const file = pickFile(random, damageableFiles(world, node, logs));
  if (file === undefined) return false;
  world.disks.damaged(node);
  world.kill(node, { powerLoss: false, downMs: fault.step.forMs });
  killOthers(fault);
  damage(fault, node, file.path);
  world.watch.files.onWhole(node.id, node.disk, file.path);
  world.note('damaged', { node: node.id, path: file.path });
  fault.took();
  if (file.baseOffset === undefined) return true;
  const { topicId, partition } = file.log;
  const { life } = node;
  const place = { topicId, partition, offset: file.baseOffset, isOver: () => node.life > life + LIVES };
  world.watch.storage.onDamaged(node.id, place);
  return true;
}

/** A start may be interrupted, and the next one find what it has left. */
const LIVES = 1;

/** Mostly one with batches: the others can be made again. */
function pickFile(random: Fault['random'], files: readonly DamageableFile[]): DamageableFile | undefined {
  const segments = files.filter(({ baseOffset }) => baseOffset !== undefined);
  return random.nextInt(4) > 0 && segments.length > 0 ? pick(random, segments) : pick(random, files);
}

function pick<T>(random: Fault['random'], choices: readonly T[]): T | undefined {
  return choices[random.nextInt(Math.max(1, choices.length))];
}
