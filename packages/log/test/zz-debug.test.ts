import { test } from 'vitest';
import { CrashModel } from './crash-model.ts';
import { scanJournal } from '../src/journal-scan.ts';
test('dbg', () => {
  const model = new CrashModel(Number(process.env['SEED'])) as any;
  const trace: string[] = [];
  const disk = model.disk;
  const under = model.under;
  const D = process.env['DIR'] ?? 'c-0';
  for (const m of ['create','append','truncate','advanceStart','startOver','remove','crashAndOpen','closeAndOpen']) {
    const old = model[m].bind(model);
    model[m] = () => { const r = old(); const h = model.history.at(-1); trace.push(m + ' ' + JSON.stringify([...h].map(([k, s]: any) => [k.slice(-2), s.directory, s.start, s.end])) + ' seq ' + under.store.journal.lastSequence + ' dur ' + under.store.journal.durableSequence + ' gen ' + under.store.journal.header.generation + under.store.journal.header.isReclaimed); return r; };
  }
  const op = disk.open.bind(disk); const w = (path: string, f: any) => { if (!path.startsWith(D)) return f; const wr = f.write; f.write = (p: number, c: any) => { trace.push('  write ' + path + ' ' + p + '+' + c.reduce((a: number, x: any) => a + x.length, 0)); wr(p, c); }; const tr = f.truncate; f.truncate = (p: number) => { trace.push('  trunc ' + path + ' ' + p); tr(p); }; const sy = f.sync; f.sync = (d: any) => { trace.push('  sync ' + path); sy((e: any) => { trace.push('  synced ' + path); d(e); }); }; return f; };
  disk.open = (path: string, o: any) => w(path, op(path, o));
  const crash = disk.crash.bind(disk);
  disk.crash = (o: any) => { trace.push('crash ' + o.powerLoss + ' before: ' + disk.list(D).map((n: string) => n.replace(/^0+/, '0')).join(' ')); crash(o); trace.push('after: ' + disk.list(D).map((n: string) => n.replace(/^0+/, '0')).join(' ') );
    try { const s = scanJournal(disk); trace.push('journal first ' + s.lastGeneration + ' ' + s.entries.map((e: any) => [e.kind, e.topicId.slice(-2), e.sequence, '@' + e.offset].join('/')).join(' ') + ' damage ' + JSON.stringify(s.damage)); } catch (e) { trace.push(String(e)); } };
  try { for (let step = 0; step < 250; step++) model.step(); model.crashAndOpen(); } catch (e) { console.log(trace.slice(-Number(process.env['N'] ?? 60)).join('\n')); throw e; }
});
