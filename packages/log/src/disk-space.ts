/** Refuses appends while there is still room to do so in order: a full disk is an answer, not an accident. */
import { AppError, type Disk } from '@hapax/base';

/** How much may be appended at most before the file system is asked again. */
const STEP_BYTES = 16 * 1024 * 1024;

/** Knows roughly how much room the disk has, and refuses appends before it is used up. */
export class DiskSpace {
  private readonly disk: Disk;
  private readonly reserveBytes: number;
  private readonly stepBytes: number;
  private allowance = 0;

  /** `reserveBytes` stay free: for what waits to be written, indexes, snapshots, and the node's other files. */
  constructor(disk: Disk, options: { readonly reserveBytes: number }) {
    this.disk = disk;
    this.reserveBytes = options.reserveBytes;
    // Others may fill the disk between two questions: what is appended meanwhile must fit into the reserve.
    this.stepBytes = Math.min(STEP_BYTES, options.reserveBytes / 2);
  }

  /** Takes note of bytes to come. Throws `disk-full`, and then nothing was changed. */
  take(sizeBytes: number): void {
    if (sizeBytes > this.allowance) this.ask(sizeBytes);
    this.allowance -= sizeBytes;
  }

  private ask(sizeBytes: number): void {
    const freeBytes = this.disk.freeBytes();
    const usableBytes = freeBytes - this.reserveBytes;
    this.allowance = Math.min(this.stepBytes, usableBytes);
    if (sizeBytes <= usableBytes) {
      this.allowance = Math.max(this.allowance, sizeBytes);
      return;
    }
    const message = `an append of ${sizeBytes} bytes finds ${freeBytes} free, ` +
      `of which ${this.reserveBytes} are reserved; ` +
      'free some space, or shorten retention';
    throw new AppError('disk-full', message, { retriable: true, definite: true });
  }
}
