/** The broker epoch under which this node serves, on disk: a later start can say what it still holds [KIP-966]. */
import { AppError, decodeText, encodeText, type BrokerEpoch, type Disk, type DiskDone } from '@hapax/base';

const PATH = 'broker-epoch';
const NEW_PATH = 'broker-epoch.new';

/** The epoch of the last registration, or −1 where there was none or it cannot be read. */
export function readBrokerEpoch(disk: Disk): BrokerEpoch {
  if (!disk.exists(PATH)) return -1;
  const file = disk.open(PATH, { create: false });
  const text = decodeText(file.read(0, file.size()));
  file.close();
  return /^\d{1,15}\n$/.test(text) ? Number(text) : -1;
}

/**
 * Replaces the epoch, in one step and durably, before anything is acknowledged under it. A disk that fails at once is
 * told to `done`, too.
 */
export function writeBrokerEpoch(disk: Disk, brokerEpoch: BrokerEpoch, done: DiskDone): void {
  try {
    replaceBrokerEpoch(disk, brokerEpoch, done);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    done(error);
  }
}

function replaceBrokerEpoch(disk: Disk, brokerEpoch: BrokerEpoch, done: DiskDone): void {
  const file = disk.open(NEW_PATH, { create: true });
  const bytes = encodeText(`${brokerEpoch}\n`);
  file.truncate(0);
  file.write(0, [bytes]);
  file.sync((error) => {
    file.close();
    if (error !== undefined) return done(error);
    disk.rename(NEW_PATH, PATH);
    disk.syncDirectory('', done);
  });
}
