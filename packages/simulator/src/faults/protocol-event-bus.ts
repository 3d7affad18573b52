/** Tells faults of the events of the protocol that they wait for. */
import type { ProtocolEventName } from '@hapax/faults';
import type { SimNode } from '../sim-node.ts';

type Listener = (node: SimNode) => void;

/** Costs next to nothing while nobody waits. */
export class ProtocolEventBus {
  private readonly listeners = new Map<ProtocolEventName, Set<Listener>>();

  /** An event happens, in the midst of what the node does; a listener may end its process by throwing. */
  emit(event: ProtocolEventName, node: SimNode): void {
    const listeners = this.listeners.get(event);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) listener(node);
  }

  /** Hears of an event until the returned function is called. */
  listen(event: ProtocolEventName, listener: Listener): () => void {
    const listeners = this.listeners.get(event) ?? new Set();
    listeners.add(listener);
    this.listeners.set(event, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(event) === listeners) this.listeners.delete(event);
    };
  }
}
