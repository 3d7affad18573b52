/**
 * R12: a read that is confirmed covers all that was committed before it was asked for; and the active controller is a
 * leader that knows all that was committed before its term.
 */
import type { LogIndex, NodeId, Term } from '@hapax/base';
import { demand } from './violation.ts';

/** How far the cluster is, seen from outside. */
export interface AppliedView {
  /** The highest index that any node has applied. */
  readonly maxApplied: LogIndex;
}

interface Lead {
  readonly term: Term;
  /** What was applied somewhere when this node came to lead. */
  readonly floor: LogIndex;
}

/** The ghost of metadata reads. */
export class MetadataReadInvariants {
  private readonly view: AppliedView;
  private readonly leads = new Map<NodeId, Lead>();

  constructor(view: AppliedView) {
    this.view = view;
  }

  /** A process begins: it leads nothing. */
  onLife(node: NodeId): void {
    this.leads.delete(node);
  }

  /** A node has another role; `isActive`: it takes itself for the active controller now. */
  onRole(node: NodeId, role: { readonly isLeader: boolean; readonly term: Term }, isActive: boolean): void {
    if (role.isLeader) {
      if (this.leads.get(node)?.term !== role.term) {
        this.leads.set(node, { term: role.term, floor: this.view.maxApplied });
      }
      return;
    }
    this.leads.delete(node);
    demand(!isActive, 'R12', () => `node ${node} is still the active controller, and leads no longer`);
  }

  /** A node has applied everything up to an index. */
  onApplied(node: NodeId, index: LogIndex, isActive: boolean): void {
    if (!isActive) return;
    const lead = this.leads.get(node);
    demand(lead !== undefined, 'R12', () => `node ${node} is the active controller, and does not lead`);
    demand(index >= lead.floor, 'R12', () =>
      `node ${node} is the active controller of term ${lead.term} at ${index}; before it, ${lead.floor} was applied`);
  }

  /** A node asks for a read; gives what must be called when it is confirmed. */
  onAsked(node: NodeId, done: (index: LogIndex) => void): (index: LogIndex) => void {
    const floor = this.view.maxApplied;
    return (index) => {
      demand(index >= floor, 'R12', () =>
        `a read at node ${node} is confirmed at ${index}; ${floor} was applied when it was asked for`);
      done(index);
    };
  }
}
