/** How far the metadata goes: a node that has applied as much knows every topic that anybody knew when it asked. */
import { type Handler, SUCCESS } from '../handler-context.ts';

export const readMetadataIndex: Handler<'read-metadata-index'> = ({ image }) =>
  ({ records: [], answer: { ...SUCCESS, index: image.metadataOffset } });
